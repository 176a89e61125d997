/**
 * What Entra says of a client secret that is tried as an application's.
 *
 * Docs: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
 *
 * - AADSTS7000215 means "no secret of this application", AADSTS7000222 "expired". Entra says the latter of a new secret, too,
 *   that is not valid yet (Azure-Samples/active-directory-dotnetcore-daemon-v2#87, 2026-11-29): it counts only where all
 *   that begins so ended a day ago or earlier.
 * - All other refusals (no service principal, conditional access, ...) leave it open.
 */
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type ListHolders, secretsLike } from './credentials-list.ts';
import type { Directory } from './directory.ts';

const NOT_A_SECRET = 7000215;
const EXPIRED = 7000222;

export type Probe = (
  appId: string,
  token: Secret,
  signal: AbortSignal,
) => Promise<'works' | 'foreign' | 'expired' | 'open'>;

export function probeBy(directory: Directory, list: ListHolders, scope: string, clock: Clock): Probe {
  const hasEnded = async (appId: string, token: Secret, signal: AbortSignal): Promise<boolean> => {
    const secrets = await secretsLike(list, token, appId, signal);
    return (
      secrets.length > 0 && secrets.every(({ endDateTime }) => hasSurelyEnded(endDateTime, clock, undefined))
    );
  };
  return async (appId, token, signal) => {
    const result = await directory.signIn(appId, token, scope, signal);
    if (result.ok) return 'works';
    if (result.errors.includes(NOT_A_SECRET)) return 'foreign';
    return result.errors.includes(EXPIRED) && (await hasEnded(appId, token, signal)) ? 'expired' : 'open';
  };
}
