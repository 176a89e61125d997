/**
 * Whether the secret of an application is right.
 *
 * Square tells when it is asked for a token with a code that nobody has: as recorded in microsoft/sarif-pattern-matcher,
 * SquareCredentialsValidatorTests.cs, it misses the code where the secret is right, and calls the rest "Not Authorized".
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { SquareConfig } from './config.ts';

/** How the calls of an application answer, unlike all others. */
export const NOT_AUTHORIZED = z.object({ message: z.string(), type: z.literal('service.not_authorized') });

const NOBODYS_CODE = 'quash-checks-its-credential';
const MISSES_THE_CODE = /^Authorization code not found/i;
const NO_SUCH_CODE = z.union([
  z.object({ errors: z.tuple([z.object({ detail: z.string().regex(MISSES_THE_CODE) })]) }),
  // As an older recording has it.
  NOT_AUTHORIZED.extend({ message: z.string().regex(MISSES_THE_CODE) }),
]);

export function checkApplication(
  { id, secret }: SquareConfig['applications'][number],
  upstream: Upstream,
  signal: AbortSignal,
): Promise<CredentialCheck> {
  const json = {
    client_id: id,
    client_secret: secret,
    grant_type: 'authorization_code',
    code: NOBODYS_CODE,
  };
  const call = async () => {
    const request = { method: 'POST', path: '/oauth2/token', json, readOnly: true, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([401], NO_SUCH_CODE, 'right'),
      row([401], NOT_AUTHORIZED, 'wrong'),
    ]);
    if (means === 'wrong') throw credentialFailure(upstream, answer);
  };
  return checkOf(`Square application ${id}`, call, {
    refused: 'Square refused the id or the secret: take both from the same page of the developer console.',
  });
}
