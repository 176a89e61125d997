/**
 * Where each client secret of an organization is. Okta lists secrets by application only, so a search is a call for each:
 * one reading serves all tokens that wait for it, and goes on from step to step.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { ID, listApplications, listSecrets, type Organization } from './organization.ts';

/** An application in the list has some kilobytes, and an answer may have 1 MiB. */
const PAGE_SIZE = 50;
const MAX_PAGES = 40;

/** A step has a few seconds. */
const CALLS_A_STEP = 20;

/** However many tokens are reported, the organization is read so often; its own systems share the limit. */
const REREAD_MS = 10 * 60 * 1000;
/** The step that reads an organization goes on soon; the other steps use its result. */
const GO_ON_MS = 1_000;
const WAIT_MS = 10_000;
/** An unfinished reading this old is begun anew. */
const ABANDONED_MS = 60 * 60 * 1000;

const APPLICATIONS = z.array(z.object({ id: ID, signOnMode: z.string().nullish() }));

export interface Located {
  readonly appId: string;
  readonly secretId: string;
}

class Reading {
  readonly startedMs: number;
  readonly found = new Map<string, Located>();
  readonly #organization: Organization;
  #applications: string[] = [];
  #pages = 0;
  #after: string | undefined;
  #hasMore = true;

  constructor(organization: Organization, startedMs: number) {
    this.#organization = organization;
    this.startedMs = startedMs;
  }

  get isOver(): boolean {
    return this.isTooLong || (this.#applications.length === 0 && !this.#hasMore);
  }

  get isTooLong(): boolean {
    return this.#applications.length === 0 && this.#hasMore && this.#pages >= MAX_PAGES;
  }

  async goOn(signal: AbortSignal): Promise<void> {
    for (let calls = 0; calls < CALLS_A_STEP && !this.isOver; calls++) {
      const [appId] = this.#applications;
      if (appId === undefined) await this.#nextPage(signal);
      else await this.#readSecrets(appId, signal);
    }
  }

  async #nextPage(signal: AbortSignal): Promise<void> {
    const query = { limit: PAGE_SIZE, ...(this.#after !== undefined && { after: this.#after }) };
    const answer = await listApplications(this.#organization, query, signal);
    const all = answer.json(APPLICATIONS).filter(({ signOnMode }) => signOnMode === 'OPENID_CONNECT');
    this.#applications = all.map(({ id }) => id);
    this.#after = nextCursor(answer);
    this.#hasMore = this.#after !== undefined;
    this.#pages++;
  }

  async #readSecrets(appId: string, signal: AbortSignal): Promise<void> {
    const secrets = (await listSecrets(this.#organization, appId, signal)) ?? [];
    for (const { id: secretId, client_secret: text } of secrets) {
      if (text !== undefined) this.found.set(digestOf(text), { appId, secretId });
    }
    this.#applications.shift();
  }
}

export class SecretIndex {
  readonly #organization: Organization;
  readonly #clock: Clock;
  #reading: Reading | undefined;
  #isBusy = false;

  constructor(organization: Organization, clock: Clock) {
    this.#organization = organization;
    this.#clock = clock;
  }

  /**
   * Where the secret is, or how long to wait until more is known; `absent` only by a reading that began after the token was
   * seen first.
   * @throws {Failure}
   */
  async locate(
    token: Secret,
    sinceMs: number,
    signal: AbortSignal,
  ): Promise<Located | 'absent' | 'too-many' | { readonly waitMs: number }> {
    const known = this.#lookUp(token);
    if (known) return known;
    const hasRead = await this.#read(sinceMs, signal);
    const found = this.#lookUp(token);
    if (found) return found;
    const reading = this.#reading;
    if (!reading) return { waitMs: WAIT_MS };
    if (reading.startedMs < sinceMs && reading.isOver) {
      return { waitMs: Math.max(reading.startedMs + REREAD_MS - this.#clock.now(), WAIT_MS) };
    }
    if (!reading.isOver) return { waitMs: hasRead ? GO_ON_MS : WAIT_MS };
    return reading.isTooLong ? 'too-many' : 'absent';
  }

  #lookUp(token: Secret): Located | undefined {
    return this.#reading?.found.get(digestOf(token.reveal()));
  }

  /** @returns whether it did: two readings at once would count twice against the limit */
  async #read(sinceMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#isBusy) return false;
    const nowMs = this.#clock.now();
    const { startedMs = Number.NEGATIVE_INFINITY, isOver = true } = this.#reading ?? {};
    const ageMs = nowMs - startedMs;
    const isDue = isOver ? startedMs < sinceMs && ageMs >= REREAD_MS : ageMs >= ABANDONED_MS;
    if (isDue) this.#reading = new Reading(this.#organization, nowMs);
    this.#isBusy = true;
    try {
      await this.#reading?.goOn(signal);
    } finally {
      this.#isBusy = false;
    }
    return true;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The link's host is the answer's word, so only the cursor is taken from it. */
function nextCursor(answer: Answer): string | undefined {
  const link = answer.header('link')?.match(/<([^>]{1,2000})>;\s?rel="next"/)?.[1];
  return (link && URL.parse(link)?.searchParams.get('after')) || undefined;
}
