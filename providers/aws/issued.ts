/** Credentials that end by themselves, as STS and the metadata services hand them out. */
import { z } from 'zod';
import type { IssuedToken } from '../../src/provider/kit/access-token.ts';
import { Secret } from '../../src/words/secret.ts';
import type { AwsCredentials } from './sign.ts';

export type Issued = IssuedToken<AwsCredentials>;

/** Seconds since the epoch in the JSON of STS, ISO 8601 elsewhere. */
const EXPIRATION = z.union([
  z.number().transform((seconds) => seconds * 1000),
  z.iso.datetime().transform((text) => Date.parse(text)),
]);
const KEY = z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), Expiration: EXPIRATION });

export const SESSION = z.object({ Credentials: KEY.extend({ SessionToken: z.string() }) });
export const METADATA = KEY.extend({ Token: z.string() }).transform((key) => ({
  ...key,
  SessionToken: key.Token,
}));

/** @param nowMs by the clock of whoever says when they end */
export function issuedOf(
  {
    AccessKeyId: accessKeyId,
    SecretAccessKey,
    SessionToken,
    Expiration,
  }: z.output<typeof SESSION>['Credentials'],
  nowMs: number,
): Issued {
  const secrets = {
    secretAccessKey: new Secret(SecretAccessKey),
    sessionToken: new Secret(SessionToken),
  };
  return { token: { accessKeyId, ...secrets }, expiresInSeconds: (Expiration - nowMs) / 1000 };
}
