import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../provider/provider.ts';
import { createLimiter } from '../server/limiter.ts';

/** Keeps to the limits that vendors set, over all replicas. */
export interface Pace {
  /** Takes one step of the provider's allowance. @returns 0, or in how many ms the next one is there */
  take(provider: string, rate: Rate): Promise<number>;
}

/** @param redis an ioredis client when several replicas share the allowance */
export function createPace(redis?: unknown): Pace {
  const limiters = new Map<string, readonly RateLimiterAbstract[]>();
  return {
    async take(provider, rate) {
      const ofProvider = limiters.get(provider) ?? limitersOf(rate, redis);
      limiters.set(provider, ofProvider);
      const waitsMs: number[] = [];
      for (const limiter of ofProvider) {
        const waitMs = await taken(limiter, provider);
        if (waitMs === 0) return 0;
        waitsMs.push(waitMs);
      }
      return Math.min(...waitsMs);
    },
  };
}

async function taken(limiter: RateLimiterAbstract, provider: string): Promise<number> {
  try {
    await limiter.consume(provider);
    return 0;
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return Math.max(error.msBeforeNext, 1);
  }
}

/**
 * Half of the steps are there at once, the others one after the other: whoever has all of them used up for tokens that he
 * invents keeps a real one waiting for its turn alone, and not for the end of the window. The vendor's own 429 stands
 * behind it.
 */
function limitersOf({ steps, perMs }: Rate, redis: unknown): readonly RateLimiterAbstract[] {
  const spread = Math.floor(steps / 2);
  const durationSeconds = perMs / 1_000;
  return [
    createLimiter({ name: 'pace', points: steps - spread, durationSeconds }, redis),
    ...(spread > 0
      ? [createLimiter({ name: 'pace-spread', points: 1, durationSeconds: durationSeconds / spread }, redis)]
      : []),
  ];
}
