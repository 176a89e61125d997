/**
 * Webhooks of the fake GitLab. They are sent, authenticated and switched off as `app/services/web_hook_service.rb`,
 * `app/models/concerns/web_hooks/auto_disabling.rb` and `ee/lib/gitlab/data_builder/vulnerability.rb` have it; the
 * signature is that of https://www.standardwebhooks.com/.
 */
import { createHmac, randomUUID } from 'node:crypto';

export interface FakeHookOptions {
  /** Path of the group or project whose events it gets. */
  readonly scope: string;
  readonly url: string;
  /** Sent as it is in `X-Gitlab-Token`. */
  readonly token?: string;
  /** `whsec_` and a key in base64. */
  readonly signingToken?: string;
}

interface FakeDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** 0 when nobody answered in time. */
  status: number;
}

export interface FakeHook extends FakeHookOptions {
  readonly id: number;
  /** Failures in a row. */
  recentFailures: number;
  /** Switched off until then; null when it is not. */
  disabledUntilMs: number | null;
  readonly deliveries: FakeDelivery[];
}

const TIMEOUT_MS = 10_000;
/** More failures in a row than this switch a hook off for a time, and more than that for good. */
const FAILURES_BEFORE_BACKOFF = 3;
const FAILURES_BEFORE_END = 39;
const FIRST_BACKOFF_MS = 60_000;
const LONGEST_BACKOFF_MS = 86_400_000;

export class FakeHooks {
  readonly all: FakeHook[] = [];
  readonly #now: () => number;
  readonly #instance: () => string;
  #sending: Promise<unknown> = Promise.resolve();

  /** @param instance the server's own URL */
  constructor(now: () => number, instance: () => string) {
    this.#now = now;
    this.#instance = instance;
  }

  add(options: FakeHookOptions): FakeHook {
    const id = this.all.length + 1;
    const hook: FakeHook = { ...options, id, recentFailures: 0, disabledUntilMs: null, deliveries: [] };
    this.all.push(hook);
    return hook;
  }

  /** Sends an event of a project to the hooks of it and of the groups above it, one after the other. */
  fire(project: string, event: string, payload: object): void {
    const hooks = this.all.filter(({ scope }) => project === scope || project.startsWith(`${scope}/`));
    for (const hook of hooks) this.#sending = this.#sending.then(() => this.#deliver(hook, event, payload));
  }

  /** Resolves once everything was sent. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  isExecutable({ recentFailures, disabledUntilMs }: FakeHook): boolean {
    if (recentFailures > FAILURES_BEFORE_END) return false;
    const isOff = disabledUntilMs !== null && disabledUntilMs >= this.#now();
    return !isOff;
  }

  async #deliver(hook: FakeHook, event: string, payload: object): Promise<void> {
    if (!this.isExecutable(hook)) return;
    const body = JSON.stringify(payload);
    const delivery: FakeDelivery = { headers: this.#headers(hook, event, body), body, status: 0 };
    hook.deliveries.push(delivery);
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const { headers } = delivery;
      const answer = await fetch(hook.url, { method: 'POST', headers, body, signal, redirect: 'manual' });
      await answer.arrayBuffer();
      delivery.status = answer.status;
    } catch {
      // Counted as a failure below.
    }
    if (delivery.status >= 200 && delivery.status < 400) {
      hook.recentFailures = 0;
      hook.disabledUntilMs = null;
    } else this.#backOff(hook);
  }

  #backOff(hook: FakeHook): void {
    const failuresBefore = hook.recentFailures;
    hook.recentFailures += 1;
    if (hook.recentFailures <= FAILURES_BEFORE_BACKOFF) return;
    const backoffMs = FIRST_BACKOFF_MS * 2 ** (failuresBefore - FAILURES_BEFORE_BACKOFF);
    hook.disabledUntilMs = this.#now() + Math.min(backoffMs, LONGEST_BACKOFF_MS);
  }

  #headers({ token, signingToken }: FakeHook, event: string, body: string): Record<string, string> {
    const id = randomUUID();
    const seconds = String(Math.floor(this.#now() / 1000));
    const signed =
      signingToken === undefined ? {} : { 'webhook-signature': sign(signingToken, id, seconds, body) };
    return {
      'Content-Type': 'application/json',
      'User-Agent': 'GitLab/19.4.0',
      'Idempotency-Key': id,
      'X-Gitlab-Event': event,
      'X-Gitlab-Event-UUID': randomUUID(),
      'X-Gitlab-Webhook-UUID': randomUUID(),
      'X-Gitlab-Instance': this.#instance(),
      ...(token !== undefined && { 'X-Gitlab-Token': token }),
      ...(signingToken !== undefined && { 'webhook-id': id, 'webhook-timestamp': seconds }),
      ...signed,
    };
  }
}

/** @param key `whsec_` and the key in base64 */
export function sign(key: string, id: string, seconds: string, body: string): string {
  const bytes = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}
