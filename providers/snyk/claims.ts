/** The claims inside a token, which a committer may have made up. */
import { z } from 'zod';
import type { Secret } from '../../src/words/secret.ts';

const CLAIMS = z.object({ h: z.string(), j: z.string().optional() });

export function claimsOf(token: Secret): z.output<typeof CLAIMS> | undefined {
  const payload = Buffer.from(token.reveal().split('.')[2] ?? '', 'base64url').toString();
  try {
    return CLAIMS.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}

/** The host of the region that the token names, if it is one of these. */
export function regionOf(token: Secret, hosts: readonly string[]): string | undefined {
  const named = claimsOf(token)?.h;
  return hosts.find((host) => host === named || host === `api.${named}`);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Whether a claim is of the form of an id: 16 bytes in base64url. */
export function isId(claim: string | undefined): claim is string {
  return claim !== undefined && /^[\w-]{22}$/.test(claim);
}

/** True when the id, a ULID, and the claim are the same number. */
export function isUlidOf(id: string, claim: string | undefined): boolean {
  if (!isId(claim) || !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return false;
  const ofId = [...id].reduce((sum, digit) => sum * 32n + BigInt(CROCKFORD.indexOf(digit)), 0n);
  return ofId === BigInt(`0x${Buffer.from(claim, 'base64url').toString('hex')}`);
}
