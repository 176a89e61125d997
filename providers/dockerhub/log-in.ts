/** Logging in to Docker Hub, with a password or with a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
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
