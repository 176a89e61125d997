/**
 * Whom Azure DevOps lets in with a personal access token.
 *
 * Quirks:
 * - Without a valid token `connectionData` may answer as the anonymous user.
 * - Dead tokens and those of another organization get the same 401, which is a page; its header tells it from a proxy's.
 *   A policy of conditional access, or a disabled user, refuses tokens that live.
 */
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const ANONYMOUS = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa';
const CONNECTION = z.object({
  authenticatedUser: z.object({ id: z.string(), subjectDescriptor: z.string().optional() }),
});

/** @returns undefined where the token is not let in. @throws {Failure} */
export async function userOf(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/_apis/connectionData',
    headers: { authorization: basic('', token), 'x-tfs-fedauthredirect': 'Suppress' },
    statuses: [200, 401],
    signal,
  });
  if (answer.status === 401) {
    if (!answer.header('www-authenticate')?.includes('TFS-Federated')) throw unexpected(upstream, answer);
    return undefined;
  }
  const { id, subjectDescriptor } = answer.json(CONNECTION).authenticatedUser;
  if (id === ANONYMOUS) return undefined;
  if (subjectDescriptor === undefined) throw unexpected(upstream, answer);
  return subjectDescriptor;
}
