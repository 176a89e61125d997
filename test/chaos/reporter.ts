/** GitLab as a load: reports leaks again and again until each is acknowledged, wherever an instance answers. */
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import type { Leak } from './leaks.ts';
import type { Random } from './random.ts';

export const PRE_SHARED = 'pre-shared-token-of-the-tests';

const POSTERS = 3;
const LONGEST_REPORT = 40;
const SHARE_REPEATED = 0.1;

export interface ReporterOptions {
  readonly leaks: readonly Leak[];
  /** The addresses that listen at this moment. */
  readonly apis: () => readonly string[];
  readonly random: Random;
}

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #acknowledged: Leak[] = [];
  /** Reports by what came of them: a status, or `broken` for a connection that broke. */
  readonly answers: Record<string, number> = {};
  #next = 0;
  #released = 0;
  #ended = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Reports that are not acknowledged yet, counted by their leaks. */
  get left(): number {
    return this.#options.leaks.length - this.#acknowledged.length;
  }

  /** Lets this many of the leaks become known, counted from the first. */
  release(count: number): void {
    this.#released = Math.min(Math.max(this.#released, Math.ceil(count)), this.#options.leaks.length);
  }

  /** Goes on until all leaks are acknowledged. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: POSTERS }, () => this.#post()));
  }

  /** Gives up on what is not acknowledged yet. */
  end(): void {
    this.#ended = true;
  }

  async #post(): Promise<void> {
    const { leaks, random } = this.#options;
    while (this.#next < leaks.length && !this.#ended) {
      const size = Math.min(Math.ceil(random.between(0, LONGEST_REPORT)), this.#released - this.#next);
      if (size <= 0) {
        await delay(10);
        continue;
      }
      const fresh = leaks.slice(this.#next, this.#next + size);
      this.#next += size;
      await delay(random.between(0, 100));
      const known = this.#acknowledged.length > 0 && random.chance(SHARE_REPEATED);
      const report = known ? [...fresh, random.pick(this.#acknowledged)] : fresh;
      while (!this.#ended && !(await this.#send(report))) await delay(random.between(10, 100));
    }
  }

  async #send(report: readonly Leak[]): Promise<boolean> {
    const apis = this.#options.apis();
    if (apis.length === 0) return false;
    const sentAt = Date.now();
    const answer = await postReport(this.#options.random.pick(apis), report);
    this.answers[answer] = (this.answers[answer] ?? 0) + 1;
    if (answer !== 204) return false;
    for (const leak of report) {
      if (leak.acknowledgedAt === undefined) this.#acknowledged.push(leak);
      leak.acknowledgedAt ??= Date.now();
      leak.sentAt ??= sentAt;
    }
    return true;
  }
}

/** @returns the status, or `broken` when there was no answer */
export async function postReport(apiUrl: string, report: readonly Leak[]): Promise<number | 'broken'> {
  const elements = findings(report.length, {
    type: '',
    token: (i) => report[i]?.value ?? null,
    location: (i) => placeOf(report[i]?.value ?? '', i),
  });
  try {
    const answer = await request(`${apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
      body: JSON.stringify(elements.map((element, i) => ({ ...element, type: report[i]?.type }))),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 'broken';
  }
}

/** Some projects of many namespaces, so that new ones come and old ones go. */
function placeOf(value: string, line: number): string {
  const [namespace, project] = [value.slice(-2), value.slice(-3)];
  return `https://gitlab.example.com/group-${namespace}/project-${project}/-/raw/${'a'.repeat(40)}/config.yml#L${line + 1}`;
}
