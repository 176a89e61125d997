/**
 * Tokens of installations, which end themselves, each by a call of its own.
 *
 * Docs: https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token
 */
import { z } from 'zod';
import { meaningOf, row } from '../../src/provider/kit/answers.ts';
import { revoked, suspended, unknownAt } from '../../src/provider/kit/results.ts';
import type { BatchItem, RevokeResult } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { BAD_CREDENTIALS, failureAt, HEADERS, type Host, LIMITED, throttling } from './host.ts';
import { type Limits, mayKnow } from './proof.ts';

/** A suspended installation: its tokens work again when that is over. */
const MESSAGE = z.object({ message: z.string() });

const ROWS = [
  row([204], 'revoked'),
  row([BAD_CREDENTIALS.status], BAD_CREDENTIALS.body ?? z.never(), 'refused'),
  row([403], MESSAGE, 'forbidden'),
];

/** @returns undefined when the hour has no call left for it */
export async function deleteInstallationToken(
  hosts: readonly Host[],
  { token, step }: BatchItem,
  { budget, clock }: Limits,
): Promise<RevokeResult | undefined> {
  const asked = hosts.filter((host) => mayKnow(host, step, hosts));
  for (const host of asked) {
    if (host.isPublic && budget.isLow()) return undefined;
    const headers = { ...HEADERS, authorization: bearer(token) };
    const request = { method: 'DELETE', path: '/installation/token', headers, signal: step.signal } as const;
    const statuses = [204, BAD_CREDENTIALS.status, ...LIMITED];
    const answer = await host.api.request({ ...request, statuses }).catch((error: unknown) => {
      throw failureAt(host, error);
    });
    if (host.isPublic) budget.heed(answer);
    // The limit delays this token alone: revocations by value have a reserve of calls.
    const limited = throttling(host, answer, clock)?.ofEntry();
    if (limited) throw limited;
    const means = meaningOf(host.api, answer, ROWS);
    if (means === 'revoked') return revoked({ host: host.api.base });
    if (means === 'forbidden') {
      throw suspended(host.api, answer.status);
    }
  }
  return unknownAt(asked.map(({ api }) => api.base));
}
