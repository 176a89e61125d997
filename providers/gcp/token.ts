/** The access tokens that are made with the keys of service accounts. */
import { SignJWT } from 'jose/jwt/sign';
import { z } from 'zod';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import type { ServiceAccountKey } from './key-file.ts';

const TOKEN = z.object({ access_token: z.string() });
const failing = (error: z.ZodType, description: RegExp = /^/) =>
  z.object({ error, error_description: z.string().default('').pipe(z.string().regex(description)) });
const GRANT = z.literal('invalid_grant');
/** That Google's own client tries again, whatever the status (googleapis/google-auth-library-python, google/oauth2/_client.py). */
const FAULT = /^(?:internal_failure|server_error|temporarily_unavailable)$/;

export type Minted =
  | { readonly state: 'token'; readonly accessToken: Secret }
  /**
   * `signature`: the account has no such key that works, or never had. `account`: Google has no such account, or it is
   * disabled. `passing`: the account is disabled, or it is Google's own fault. `clock`: ours is wrong. `refused`: for another reason.
   */
  | { readonly state: 'signature' | 'account' | 'passing' | 'clock' | 'refused' };

/** Google's own token endpoint, whatever `token_uri` a leaked file names. */
export const TOKEN_HOST = 'https://oauth2.googleapis.com';

/** @param upstream for {@link TOKEN_HOST} */
export async function mint(
  key: ServiceAccountKey,
  upstream: Upstream,
  clock: Clock,
  caller: { readonly signal: AbortSignal; readonly byRightOf?: Secret },
): Promise<Minted> {
  const nowSeconds = Math.floor(clock.now() / 1000);
  const assertion = await new SignJWT({ scope: 'https://www.googleapis.com/auth/cloud-platform' })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.keyId })
    .setIssuer(key.email)
    .setAudience(`${TOKEN_HOST}/token`)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + 300)
    .sign(key.privateKey);
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const form = { grant_type: grant, assertion: new Secret(assertion) };
  const request = { method: 'POST', path: '/token', form, readOnly: true, ...caller } as const;
  const { means } = await ask<AnswerRow<Minted>>(upstream, request, [
    row([200], TOKEN, (body): Minted => ({ state: 'token', accessToken: new Secret(body.access_token) })),
    row([400], failing(GRANT, /^Invalid JWT Signature\.?$/), { state: 'signature' } as const),
    // github.com/googleapis/google-cloud-php/issues/3622: of a disabled account as well as of one that is deleted.
    row([400], failing(GRANT, /^Invalid grant: account not found$/), { state: 'account' } as const),
    // github.com/googleapis/google-api-ruby-client/issues/720.
    row([400], failing(GRANT, /^Robot is disabled\.?$/), { state: 'passing' } as const),
    row([400], failing(GRANT, /in a reasonable timeframe/), { state: 'clock' } as const),
    // github.com/googleapis/google-auth-library-python/issues/301: of keys that worked before, and after.
    row([400], failing(GRANT, /^Invalid JWT: No valid verifier/), { state: 'passing' } as const),
    row([400, 401], failing(z.string().regex(FAULT)), { state: 'passing' } as const),
    row([400, 401], failing(z.string(), FAULT), { state: 'passing' } as const),
    row([400, 401], failing(z.string()), { state: 'refused' } as const),
  ]);
  return means;
}
