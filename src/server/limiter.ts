import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';

export interface LimiterOptions {
  /** Tells its counters from those of other limiters. */
  readonly name: string;
  readonly points: number;
  readonly durationSeconds: number;
}

/**
 * Counts in this process, or over all replicas where `redis` (an ioredis client) is given. While Redis is away each
 * replica counts by itself: nothing can be accepted or claimed then, so this decides about refusals only.
 */
export function createLimiter(
  { name, points, durationSeconds }: LimiterOptions,
  redis: unknown,
): RateLimiterAbstract {
  const options = { keyPrefix: `{quash}:${name}`, points, duration: durationSeconds };
  if (!redis) return new RateLimiterMemory(options);
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  });
}
