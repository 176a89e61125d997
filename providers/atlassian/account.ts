/**
 * Whose a token is: the e-mail address around the leak with which a Jira site lets it in.
 *
 * Docs: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
 */

import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import type { Refusals } from '../../src/provider/kit/refusals.ts';
import { suspended } from '../../src/provider/kit/results.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const ADDRESS = /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}/i;
const MAX_ADDRESSES = 5;

const ACCOUNT = z.object({ accountId: z.string().min(1) });
/** Whatever the body, as it proves nothing: a site says it in several forms. */
const REFUSED = { statuses: [401], read: () => ({ means: 'refused' as const }) };
/** A captcha, or an address of ours that the site does not allow. */
const DENIED = { statuses: [403], read: () => ({ means: 'denied' as const }) };

/** The committer's words: what is found here is only tried, and never with an address of anybody else's domain. */
export async function addressesAround(step: Step, domains: readonly string[]): Promise<readonly string[]> {
  const found = (await step.matchesAround(ADDRESS)).map((each) => each.reveal().toLowerCase());
  const isOurs = (address: string) => domains.includes(address.slice(address.indexOf('@') + 1));
  return [...new Set(found)].filter(isOurs).slice(0, MAX_ADDRESSES);
}

interface Owner {
  readonly email: string;
  readonly accountId: string;
}

/**
 * Asks each site with each address; one that is down keeps no other from being asked.
 * @returns undefined when no site lets the token in with any of the addresses
 * @throws {Failure} `suspended` when a site denies the log-in for a reason that may pass; `throttled`, of this entry
 *   alone, when an address was refused too often to be tried now
 */
export function findAccount(
  sites: readonly Upstream[],
  emails: readonly string[],
  token: Secret,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Owner | undefined> {
  const ownerAt = async (upstream: Upstream): Promise<Owner | undefined> => {
    let retryAfterMs = 0;
    let denial: Failure | undefined;
    for (const email of emails) {
      const waitMs = refusals.waitMs(email);
      if (waitMs > 0) {
        retryAfterMs = Math.max(retryAfterMs, waitMs);
        continue;
      }
      const headers = { authorization: basic(email, token), accept: 'application/json' };
      const request = {
        method: 'GET',
        path: '/rest/api/3/myself',
        headers,
        signal,
        tells: { owner: ['emailAddress', 'displayName', 'accountId'] },
      } as const;
      const { means } = await ask(upstream, request, [
        row([200], ACCOUNT, (account) => account),
        REFUSED,
        DENIED,
      ]);
      if (typeof means === 'object') return { email, accountId: means.accountId };
      refusals.add(email);
      if (means === 'denied') denial ??= suspended(upstream, 403);
    }
    if (denial) throw denial;
    if (retryAfterMs > 0) throw new Failure('throttled', { scope: 'entry', retryAfterMs });
    return undefined;
  };
  return firstSparingTheLane(sites, ownerAt);
}
