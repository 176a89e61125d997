/**
 * Tokens of installations, which end themselves.
 *
 * Docs: https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token
 */
import { alreadyInactive, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { BAD_CREDENTIALS, failureAt, HEADERS, type Host } from './host.ts';

export async function deleteInstallationToken(
  hosts: readonly Host[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  for (const host of hosts) {
    const request = { method: 'DELETE', path: '/installation/token', statuses: [204, 401], signal } as const;
    const headers = { ...HEADERS, authorization: bearer(token) };
    const answer = await host.api.request({ ...request, headers }).catch((error: unknown) => {
      throw failureAt(host, error);
    });
    if (answer.status === 204) return revoked();
    if (!shows(answer, [BAD_CREDENTIALS])) throw unexpected(host.api, answer);
  }
  return alreadyInactive();
}
