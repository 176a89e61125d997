/** The calls about one token at one home, which is a path. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Failure } from '../../src/provider/failure.ts';
import { credentialFailure, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const SEEN = z.object({ result: z.object({ id: z.string(), status: z.string() }), success: z.literal(true) });
const DONE = z.object({ success: z.literal(true) });
const ERROR = z.object({ success: z.literal(false), errors: z.array(z.object({ code: z.int() })) });
const INVALID = { status: 401, body: ERROR.refine(({ errors }) => errors.some(({ code }) => code === 1000)) };

const NOT_PERMITTED = refused(
  'not-permitted',
  'The token works but may not delete itself: add a credential of its user or account to providers.cloudflare.credentials and retry, or delete it in the dashboard.',
);

export interface Sighting {
  readonly id: string;
  readonly status: string;
}

export async function look(
  upstream: Upstream,
  home: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Sighting | 'invalid'> {
  const path = `${home}/verify`;
  const headers = { authorization: bearer(token) };
  const answer = await upstream.request({ method: 'GET', path, headers, statuses: [200, 401], signal });
  if (shows(answer, [INVALID])) return 'invalid';
  if (answer.status !== 200) throw unexpected(upstream, answer);
  return answer.json(SEEN).result;
}

/** The leaked token tries first, then each of ours. */
export async function remove(
  upstream: Upstream,
  path: string,
  [leaked, ...ours]: readonly [Secret, ...Secret[]],
  signal: AbortSignal,
): Promise<RevokeResult> {
  const statuses = [200, 400, 401, 403, 404];
  let failure: Failure | undefined;
  for (const credential of [leaked, ...ours]) {
    const headers = { authorization: bearer(credential) };
    const answer = await upstream.request({ method: 'DELETE', path, headers, statuses, signal });
    if (answer.status === 200) {
      answer.json(DONE);
      return revoked();
    }
    if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    const isOurs = credential !== leaked;
    if (isOurs && (answer.status === 401 || answer.status === 403)) {
      failure ??= credentialFailure(upstream, answer);
    }
  }
  if (failure) throw failure;
  return NOT_PERMITTED;
}
