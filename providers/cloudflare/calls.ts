/** The calls about one token at one home, which is a path. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { credentialFailure, suspended } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const SEEN = z.object({
  result: z.object({ id: z.string().min(1), status: z.string() }),
  success: z.literal(true),
});
const DONE = z.object({ success: z.literal(true) });
const ERROR = z.object({
  success: z.literal(false),
  errors: z.array(
    z.object({
      code: z.int(),
      message: z.string(),
      error_chain: z.array(z.object({ code: z.int() })).nullish(),
    }),
  ),
});
type Errors = z.output<typeof ERROR>;
const has = (test: (error: Errors['errors'][number]) => boolean) =>
  ERROR.refine(({ errors }) => errors.some(test));

const INVALID = row(
  [401],
  has(({ code }) => code === 1000),
  'invalid',
);
/** "Invalid format for Authorization header", which says nothing of a token that has the right one. */
const MALFORMED = row(
  [400],
  has(
    ({ code, error_chain: causes }) => code === 6003 && causes?.some((cause) => cause.code === 6111) === true,
  ),
  'malformed',
);
/** Code 9109 has other meanings, too. */
const BLOCKED = row(
  [400, 401, 403],
  has(({ code, message }) => code === 9109 && /from location/i.test(message)),
  'blocked',
);

/** Said of a token once it was let in: accounts are listed for users alone. */
const OF_AN_ACCOUNT = row(
  [400],
  has(({ code, message }) => code === 1001 && /does not support account owned tokens/i.test(message)),
  'works',
);

interface Sighting {
  readonly id: string;
  readonly status: string;
}

export async function look(
  upstream: Upstream,
  home: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Sighting | 'invalid' | 'malformed'> {
  const request = {
    method: 'GET',
    path: `${home}/verify`,
    headers: { authorization: bearer(token) },
  } as const;
  const { means } = await ask(upstream, { ...request, signal, tells: { expires: 'result.expires_on' } }, [
    row([200], SEEN, ({ result }) => result),
    INVALID,
    MALFORMED,
    BLOCKED,
  ]);
  if (means === 'blocked') throw suspended(upstream);
  return means;
}

/**
 * Whether a token works that no home knows which was asked: that of a user may ask for its accounts, and that of an account
 * is told that it may not.
 * @throws {Failure} `suspended` when it is not let in from our address
 */
export async function works(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const headers = { authorization: bearer(token) };
  const request = { method: 'GET', path: '/client/v4/accounts', headers, signal } as const;
  const { means } = await ask(upstream, request, [
    row([200], DONE, 'works'),
    OF_AN_ACCOUNT,
    BLOCKED,
    row([400, 401, 403], ERROR, 'refused'),
  ]);
  if (means === 'blocked') throw suspended(upstream);
  return means === 'works';
}

/**
 * The leaked token tries first, then each of ours. Anybody may report a working token of another user, so only what says
 * that ours does not work at all is a failure of ours.
 * @returns `gone` when one of them found no such token
 */
export async function remove(
  upstream: Upstream,
  path: string,
  [leaked, ...ours]: readonly [Secret, ...Secret[]],
  signal: AbortSignal,
): Promise<'deleted' | 'gone' | 'denied'> {
  let isGone = false;
  let failure: Failure | undefined;
  for (const credential of [leaked, ...ours]) {
    const headers = { authorization: bearer(credential) };
    const { means, answer } = await ask(upstream, { method: 'DELETE', path, headers, signal }, [
      row([200], DONE, 'deleted'),
      INVALID,
      row([404], ERROR, 'gone'),
      row([400, 401, 403], ERROR, 'denied'),
    ]);
    if (means === 'deleted') return 'deleted';
    isGone ||= means === 'gone';
    if (means === 'invalid' && credential !== leaked) failure ??= credentialFailure(upstream, answer);
  }
  if (failure) throw failure;
  return isGone ? 'gone' : 'denied';
}
