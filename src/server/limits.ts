import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { createLimiter } from './limiter.ts';
import { Problem, retryAfter } from './problem.ts';

const WINDOW_SECONDS = 60;

export interface LimitSettings {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly failedAuthPerMinute: number;
}

/** What a caller may do in a minute. Every method throws a {@link Problem} 429 with `Retry-After` above it. */
export interface Limits {
  request(caller: string): Promise<void>;
  /** Takes `count` from the caller's minute; a request that begins within it is never refused for its size alone. */
  tokens(caller: string, count: number): Promise<void>;
  failedAuth(address: string): Promise<void>;
}

/** @param redis an ioredis client when several replicas share the limits */
export function createLimits(settings: LimitSettings, redis?: unknown): Limits {
  const limiter = (name: string, points: number) =>
    createLimiter({ name: `limit:${name}`, points, durationSeconds: WINDOW_SECONDS }, redis);
  const requests = limiter('requests', settings.requestsPerMinute);
  const tokens = limiter('tokens', settings.tokensPerMinute);
  const failures = limiter('failed-auth', settings.failedAuthPerMinute);
  const ofRequests = new Allowance(requests, 'Too many requests');
  const ofTokens = new Allowance(tokens, 'Too many tokens');
  return {
    request: (caller) => ofRequests.take(caller, 1),
    tokens: (caller, count) => ofTokens.take(caller, count),
    failedAuth: async (address) => {
      await consume(failures, address, 1, 'Too many failed authentications');
    },
  };
}

/** With fewer points left than this, each request waits for the counter's answer. */
const AMPLE = 100;

/**
 * The points that each caller has left in the current minute. A shared counter costs a round trip and, in Redis, a write
 * to the disk. While more than half of the points are left, a request does not wait for its answer; the next request
 * learns it. Points that are taken while a call to the counter is under way are added to the next call.
 */
class Allowance {
  readonly #limiter: RateLimiterAbstract;
  readonly #title: string;
  /** Taken and not answered yet, of all callers. */
  #underWay = 0;
  /** The part of {@link #underWay} that was not sent to the counter yet, by caller. */
  readonly #untold = new Map<string, number>();
  readonly #telling = new Set<string>();
  readonly #known = new Map<string, { readonly left: number; readonly until: number }>();

  constructor(limiter: RateLimiterAbstract, title: string) {
    this.#limiter = limiter;
    this.#title = title;
  }

  async take(caller: string, points: number): Promise<void> {
    if (points === 0) return;
    const isAmple = this.#isAmple(caller, points);
    this.#underWay += points;
    if (isAmple) {
      this.#untold.set(caller, (this.#untold.get(caller) ?? 0) + points);
      if (!this.#telling.has(caller)) void this.#tell(caller);
      return;
    }
    // Keeps the order: points taken earlier are counted first.
    void this.#tell(caller);
    await this.#count(caller, points);
  }

  /** Never rejects: the next request of the caller waits for an answer of its own and fails there. */
  async #tell(caller: string): Promise<void> {
    this.#telling.add(caller);
    for (let points = this.#untold.get(caller); points !== undefined; points = this.#untold.get(caller)) {
      this.#untold.delete(caller);
      await this.#count(caller, points).catch(() => this.#known.delete(caller));
    }
    this.#telling.delete(caller);
  }

  #isAmple(caller: string, points: number): boolean {
    const { left, until } = this.#known.get(caller) ?? { left: 0, until: 0 };
    return (
      left - this.#underWay - points > Math.max(this.#limiter.points / 2, AMPLE) && performance.now() < until
    );
  }

  async #count(caller: string, points: number): Promise<void> {
    try {
      const { remainingPoints, msBeforeNext } = await consume(this.#limiter, caller, points, this.#title);
      this.#known.set(caller, { left: remainingPoints, until: performance.now() + msBeforeNext });
    } finally {
      this.#underWay -= points;
    }
  }
}

/** @throws {Problem} 429 when nothing was left before */
async function consume(
  limiter: RateLimiterAbstract,
  key: string,
  points: number,
  title: string,
): Promise<Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>> {
  try {
    return await limiter.consume(key, points);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const before = error.consumedPoints - points;
    if (before < limiter.points) return error;
    throw new Problem(429, title, { headers: retryAfter(error.msBeforeNext / 1000) });
  }
}
