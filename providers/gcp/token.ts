/** Keys of service accounts, and the access tokens that are made with them. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';

/** What the file of a service account key says. */
export interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

const FILE = z.object({
  client_email: z.string().regex(/^[a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com$/),
  private_key_id: z.string().regex(/^[0-9a-f]{40}$/),
  private_key: z.string(),
});
const TOKEN = z.object({ access_token: z.string() });
const OAUTH_ERROR = z.object({ error: z.string(), error_description: z.string().optional() });

/** What Google says of a key that is disabled or deleted, or whose account is; a wrong clock has other words. */
const DEAD = /^Invalid JWT Signature\.?$|^Invalid grant: account not found$/;

/** @param text JSON; @returns undefined when it is no such file */
export function parseKey(text: Secret): ServiceAccountKey | undefined {
  try {
    const file = FILE.parse(JSON.parse(text.reveal()));
    const privateKey = createPrivateKey(file.private_key);
    if (privateKey.asymmetricKeyType !== 'rsa') return undefined;
    return { email: file.client_email, keyId: file.private_key_id, privateKey };
  } catch {
    return undefined;
  }
}

/** Whether the certificate is of this very key. */
export function fits({ privateKey }: ServiceAccountKey, certificate: string): boolean {
  try {
    return createPublicKey(privateKey).equals(createPublicKey(certificate));
  } catch {
    return false;
  }
}

export type Minted =
  | { readonly state: 'token'; readonly accessToken: Secret }
  /** Google says of the key that it does not work. */
  | { readonly state: 'dead' }
  /** Google refuses it for another reason. */
  | { readonly state: 'refused'; readonly answer: Answer };

/** Google's own token endpoint, whatever `token_uri` a leaked file names. */
export const TOKEN_HOST = 'https://oauth2.googleapis.com';

/** @param upstream for {@link TOKEN_HOST} */
export async function mint(
  key: ServiceAccountKey,
  upstream: Upstream,
  clock: Clock,
  signal: AbortSignal,
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
  const answer = await upstream.request({
    method: 'POST',
    path: '/token',
    form,
    statuses: [200, 400, 401],
    signal,
  });
  if (answer.status === 200)
    return { state: 'token', accessToken: new Secret(answer.json(TOKEN).access_token) };
  const error = answer.maybeJson(OAUTH_ERROR);
  if (!error) throw unexpected(upstream, answer);
  const isDead = answer.status === 400 && error.error === 'invalid_grant';
  return isDead && DEAD.test(error.error_description ?? '')
    ? { state: 'dead' }
    : { state: 'refused', answer };
}
