/** The reporter's side of the Token Revocation API, as GitLab calls it, but patient and in small portions. */
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../words/clock.ts';
import { reachFault } from '../words/reach-fault.ts';
import type { Secret } from '../words/secret.ts';
import { elementOf, type Submission } from './plan.ts';

/** The submission cannot go on; the message is for the operator and holds no token. */
export class SubmitFault extends Error {}

export interface Refusal {
  readonly submission: Submission;
  /** A reason of the API, such as `no-match`. */
  readonly reason: string;
  /** Quash had it for a person before. */
  readonly known: boolean;
}

export interface ClientOptions {
  /** Address of Quash with its base path, without a trailing slash. */
  readonly url: string;
  readonly token: Secret;
  readonly clock: Clock;
  /** Nothing is tried any more after this time, in milliseconds since the epoch. */
  readonly deadline: number;
  /** For calls through a proxy. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Hears why it takes longer. */
  readonly onWait: (why: string) => void;
}

export interface SubmitClient {
  /** @throws {SubmitFault} */
  types(): Promise<ReadonlySet<string>>;
  /**
   * Posts elements; all that are not among the refusals are durably accepted then.
   * @throws {SubmitFault} when it cannot be said that they are; then they may be sent again
   */
  post(submissions: readonly Submission[]): Promise<readonly Refusal[]>;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly document: unknown;
}

const REQUEST_TIMEOUT_MS = 30_000;
const MIN_WAIT_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

/** Throttled or for a moment not there; sending a token twice does no harm. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

const TYPES = z.object({ types: z.array(z.string()) });
const PROBLEM = z.object({
  detail: z.string().catch(''),
  invalid: z.array(
    z.object({ index: z.number().int().nonnegative(), reason: z.string(), known: z.boolean().catch(false) }),
  ),
});

export function createSubmitClient(options: ClientOptions): SubmitClient {
  const { url, token, clock, deadline, onWait, dispatcher } = options;
  async function call(method: 'GET' | 'POST', path: string, body?: string): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const answer = await tryOnce(method, path, body);
      if (typeof answer !== 'string' && !PASSING.has(answer.status)) return answer;
      const why = typeof answer === 'string' ? answer : `Quash answered with status ${answer.status}`;
      const asked = typeof answer === 'string' ? undefined : retryAfterMs(answer.retryAfter, clock.now());
      const waitMs = Math.max(MIN_WAIT_MS, asked ?? Math.min(MIN_WAIT_MS * 2 ** attempt, MAX_BACKOFF_MS));
      if (clock.now() + waitMs >= deadline) {
        throw new SubmitFault(`${why}; no time is left to try again. Send the report again later.`);
      }
      onWait(`${why}; trying again in ${Math.ceil(waitMs / 1000)} s.`);
      await clock.sleep(waitMs);
    }
  }

  /** @returns the answer, or in words why there is none */
  async function tryOnce(method: 'GET' | 'POST', path: string, body?: string): Promise<Answer | string> {
    try {
      const answer = await request(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
        body: body ?? null,
        ...(dispatcher && { dispatcher }),
        signal: AbortSignal.timeout(Math.max(1, Math.min(REQUEST_TIMEOUT_MS, deadline - clock.now()))),
      });
      const header = answer.headers['retry-after'];
      return {
        status: answer.statusCode,
        retryAfter: typeof header === 'string' ? header : undefined,
        document: parseJson(await answer.body.text()),
      };
    } catch (error) {
      const { sentence, isLasting } = reachFault(url, error, { isProxied: dispatcher !== undefined });
      if (isLasting) throw new SubmitFault(`${sentence}.`);
      return sentence;
    }
  }

  async function types(): Promise<ReadonlySet<string>> {
    const answer = await call('GET', '/v1/revocable_token_types');
    if (answer.status !== 200) throw unexpected(answer.status);
    const parsed = TYPES.safeParse(answer.document);
    if (parsed.success) return new Set(parsed.data.types);
    throw new SubmitFault(`What answers at ${url} is no Quash; is its base path missing?`);
  }

  async function post(submissions: readonly Submission[]): Promise<readonly Refusal[]> {
    if (submissions.length === 0) return [];
    const answer = await call('POST', '/v1/revoke_tokens', JSON.stringify(submissions.map(elementOf)));
    if (answer.status === 204) return [];
    if (answer.status === 413) return postHalves(submissions);
    const problem = answer.status === 400 ? PROBLEM.safeParse(answer.document) : undefined;
    if (!problem?.success) throw unexpected(answer.status);
    const { invalid, detail } = problem.data;
    const reasons = new Map(invalid.map(({ index, reason, known }) => [index, { reason, known }]));
    const refusals = submissions.flatMap((submission, index) => {
      const reason = reasons.get(index);
      return reason === undefined ? [] : [{ submission, ...reason }];
    });
    if (refusals.length === 0) throw unexpected(answer.status);
    // So says a Quash with `onInvalidItem: reject-all`; the good ones need not suffer from that.
    if (!detail.includes('nothing was accepted')) return refusals;
    return [...refusals, ...(await post(submissions.filter((_, index) => !reasons.has(index))))];
  }

  /** A limit on bodies that is lower than ours, of Quash or of a proxy before it. */
  async function postHalves(submissions: readonly Submission[]): Promise<readonly Refusal[]> {
    const [first, ...others] = submissions;
    if (first && others.length === 0) return [{ submission: first, reason: 'too-large', known: false }];
    const middle = Math.ceil(submissions.length / 2);
    return [...(await post(submissions.slice(0, middle))), ...(await post(submissions.slice(middle)))];
  }

  function unexpected(status: number): SubmitFault {
    if (status === 401) {
      return new SubmitFault(
        'Quash does not know the token; it has to be one of auth.tokens in its configuration.',
      );
    }
    if (status === 404) return new SubmitFault(`There is no Quash at ${url}; is its base path missing?`);
    if (status >= 300 && status < 400)
      return new SubmitFault(`${url} redirects; give the address that it leads to.`);
    return new SubmitFault(`${url} answered with status ${status}, which is none of Quash's.`);
  }

  return { types, post };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or a date; undefined without either. */
function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : ms;
}
