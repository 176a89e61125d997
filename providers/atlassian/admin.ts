/**
 * What the API key of the organization may do with the tokens of its accounts.
 *
 * Docs: https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/
 */
import { z } from 'zod';
import { AS_JSON } from '../../src/provider/kit/answers.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { keyFailure } from './gateway.ts';

/** Atlassian says ten minutes, and twenty were seen; see `index.ts`. */
export const LAG_MS = 30 * 60_000;

/**
 * `email` is the address that logs in with the token, and `since` when it was the only one first, in ms since the epoch;
 * version 0.1.0 kept neither.
 */
export const noteSchema = z.object({
  accountId: z.string(),
  tokenId: z.string(),
  email: z.string().optional(),
  since: z.number().optional(),
});
export type Note = z.output<typeof noteSchema>;

interface Admin {
  readonly upstream: Upstream;
  readonly key: Secret;
  readonly clock: Tools['clock'];
}

/** Ids of the tokens that have not expired; undefined when the key may not manage the account. */
export async function listTokens(
  admin: Admin,
  accountId: string,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const { upstream, key, clock } = admin;
  const answer = await upstream.request({
    method: 'GET',
    path: `/users/${encodeURIComponent(accountId)}/manage/api-tokens`,
    headers: { ...AS_JSON, authorization: bearer(key) },
    statuses: [200, 401, 403, 404],
    signal,
  });
  if (answer.status === 401) throw keyFailure(upstream, answer);
  if (answer.status !== 200) return undefined;
  const tokens = answer.json(z.array(z.object({ id: z.string().min(1), expiry: z.string().nullish() })));
  return inOnePiece(upstream, answer, tokens)
    .filter(({ expiry }) => !hasSurelyEnded(expiry, clock, answer))
    .map(({ id }) => id);
}

export async function deleteToken({ upstream, key }: Admin, note: Note, signal: AbortSignal): Promise<void> {
  const answer = await upstream.request({
    method: 'DELETE',
    path: `/users/${encodeURIComponent(note.accountId)}/manage/api-tokens/${encodeURIComponent(note.tokenId)}`,
    headers: { authorization: bearer(key) },
    statuses: [200, 204, 401],
    signal,
  });
  if (answer.status === 401) throw keyFailure(upstream, answer);
  if (answer.status === 200 && answer.text.trim() !== '') throw unexpected(upstream, answer);
}

export async function listOrganizations({ upstream, key }: Admin, signal: AbortSignal): Promise<void> {
  const headers = { ...AS_JSON, authorization: bearer(key) };
  const statuses = [200, 401, 403];
  const answer = await upstream.request({ method: 'GET', path: '/admin/v1/orgs', headers, statuses, signal });
  if (answer.status !== 200) throw keyFailure(upstream, answer);
}
