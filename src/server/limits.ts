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
  const ofRequests = new Map<string, Advance>();
  const ofTokens = new Map<string, Advance>();
  return {
    request: (caller) => advanceOf(ofRequests, requests, caller).take(1, 'Too many requests'),
    tokens: (caller, count) => advanceOf(ofTokens, tokens, caller).take(count, 'Too many tokens'),
    failedAuth: (address) => new Advance(failures, address).take(1, 'Too many failed authentications'),
  };
}

function advanceOf(known: Map<string, Advance>, limiter: RateLimiterAbstract, key: string): Advance {
  const advance = known.get(key) ?? new Advance(limiter, key);
  known.set(key, advance);
  return advance;
}

/** With each call to the counter this share of what is left is taken beside what is needed. */
const ADVANCE = 0.01;

/**
 * A caller's points that were taken from the counter in advance: asked for each request, a shared counter would cost it a
 * round trip and, in Redis, a write to the disk. The advance shrinks with what is left, so that the limit is never
 * exceeded, and reached to a hundredth by other replicas when this one has no more requests.
 */
class Advance {
  readonly #limiter: RateLimiterAbstract;
  readonly #key: string;
  #points = 0;
  /** In the counter, as it last answered. */
  #left = 0;
  #until = 0;
  #asking: Promise<void> | undefined;

  constructor(limiter: RateLimiterAbstract, key: string) {
    this.#limiter = limiter;
    this.#key = key;
  }

  /** @throws {Problem} 429 when nothing was left before */
  async take(points: number, title: string): Promise<void> {
    while (!this.#spend(points)) {
      if (this.#asking) await this.#asking.catch(() => {});
      else {
        this.#asking = this.#ask(points, title).finally(() => {
          this.#asking = undefined;
        });
        return this.#asking;
      }
    }
  }

  #spend(points: number): boolean {
    if (performance.now() >= this.#until) {
      this.#points = 0;
      this.#left = 0;
    }
    if (points > this.#points) return false;
    this.#points -= points;
    return true;
  }

  async #ask(points: number, title: string): Promise<void> {
    const began = this.#points > 0;
    const needed = points - this.#points;
    const asked = needed + Math.floor(this.#left * ADVANCE);
    this.#points = 0;
    const { consumedPoints, remainingPoints, msBeforeNext } = await consumed(this.#limiter, this.#key, asked);
    const leftBefore = this.#limiter.points - (consumedPoints - asked);
    if (leftBefore <= 0 && !began) {
      throw new Problem(429, title, { headers: retryAfter(msBeforeNext / 1000) });
    }
    this.#points = Math.max(0, Math.min(asked, leftBefore) - needed);
    this.#left = remainingPoints;
    this.#until = performance.now() + msBeforeNext;
  }
}

/** @returns what was counted, be it above the limit */
async function consumed(limiter: RateLimiterAbstract, key: string, points: number): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key, points);
  } catch (error) {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  }
}
