/**
 * Whose a token is: the e-mail address around the leak with which a Jira site lets it in.
 *
 * Docs: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
 */
import { z } from 'zod';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const MAX_ADDRESSES = 5;

/** The committer's words: what is found here is only tried. */
export function addressesIn(context: Secret | undefined): string[] {
  const text = context?.reveal() ?? '';
  const found = text.match(/(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}/gi) ?? [];
  return [...new Set(found)].slice(0, MAX_ADDRESSES);
}

export async function findAccount(
  sites: readonly Upstream[],
  emails: readonly string[],
  token: Secret,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const upstream of sites) {
    for (const email of emails) {
      const answer = await upstream.request({
        method: 'GET',
        path: '/rest/api/3/myself',
        headers: { authorization: basic(email, token), accept: 'application/json' },
        statuses: [200, 401, 403],
        signal,
      });
      if (answer.status === 200) return answer.json(z.object({ accountId: z.string().min(1) })).accountId;
    }
  }
  return undefined;
}
