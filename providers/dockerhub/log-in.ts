/** Logging in to Docker Hub, with a password or with a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';

export const ERROR = z.object({ message: z.string() }).or(z.object({ detail: z.string() }));
const SESSION = z
  .object({ access_token: z.string().min(1) })
  .transform(({ access_token }) => ({ session: new Secret(access_token) }));

/** Undefined when the secret is not the user's. */
export async function logIn(
  upstream: Upstream,
  identifier: string,
  secret: Secret,
  signal: AbortSignal,
): Promise<Secret | undefined> {
  const json = { identifier, secret };
  const request = { method: 'POST', path: '/v2/auth/token', json, readOnly: true, signal } as const;
  const { means } = await ask(upstream, request, [
    row([200], SESSION, (answer) => answer),
    row([401], ERROR, 'refused'),
  ]);
  return means === 'refused' ? undefined : means.session;
}

const MAX_REFUSALS = 10;
const WINDOW_MS = 60 * 60 * 1000;

/** Refused log-ins of one user, so that forged tokens do not get the user's own log-in limited or locked. */
export class Refusals {
  readonly #clock: Clock;
  #times: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(): void {
    this.#times = [...this.#times, this.#clock.now()];
  }

  /** @throws {Failure} `throttled` after too many within the last hour */
  check(target: string): void {
    const nowMs = this.#clock.now();
    this.#times = this.#times.filter((time) => time > nowMs - WINDOW_MS);
    const [oldest] = this.#times;
    if (oldest === undefined || this.#times.length < MAX_REFUSALS) return;
    throw new Failure('throttled', { target, retryAfterMs: oldest + WINDOW_MS - nowMs });
  }
}
