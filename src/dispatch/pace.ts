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
  const limiters = new Map<string, RateLimiterAbstract>();
  return {
    async take(provider, rate) {
      const limiter = limiters.get(provider) ?? limiterOf(rate, redis);
      limiters.set(provider, limiter);
      try {
        await limiter.consume(provider);
        return 0;
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        return Math.max(error.msBeforeNext, 1);
      }
    },
  };
}

/** If the counter fails, the vendor's own 429 still limits the calls. */
function limiterOf({ steps, perMs }: Rate, redis: unknown): RateLimiterAbstract {
  return createLimiter({ name: 'pace', points: steps, durationSeconds: perMs / 1_000 }, redis);
}
