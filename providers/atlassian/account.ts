/**
 * Whose a token is: the e-mail address around the leak with which a Jira site lets it in.
 *
 * Docs: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
 */

import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { AS_JSON, ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import type { Refusals } from '../../src/provider/kit/refusals.ts';
import { refused, suspended } from '../../src/provider/kit/results.ts';
import type { Refused, Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { OUT_OF_SCOPE } from './gateway.ts';

const ADDRESS = /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}/i;
const MAX_ADDRESSES = 5;

const ACCOUNT = z.object({ accountId: z.string().min(1) });
/** Whatever the body, as it proves nothing: a site says it in several forms. */
const REFUSED = { statuses: [401], read: () => ({ means: 'refused' as const }) };
/** A captcha, or an address of ours that the site does not allow. */
const DENIED = { statuses: [403], read: () => ({ means: 'denied' as const }) };

const NOT_TOLD = refused(
  'not-permitted',
  'The leaked token works, but has no scope to read its user, so that it does not tell whose it is: ask the author of the commit, and have its user revoke it.',
);

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
 * @returns undefined when no site lets the token in with any of the addresses; a refusal when one does, and says no more
 * @throws {Failure} `suspended` when a site denies the log-in for a reason that may pass; `throttled`, of this entry
 *   alone, when an address was refused too often to be tried now
 */
export async function findAccount(
  sites: readonly Upstream[],
  emails: readonly string[],
  token: Secret,
  refusals: Refusals,
  signal: AbortSignal,
): Promise<Owner | Refused | undefined> {
  let untold: Refused | undefined;
  const ownerAt = async (upstream: Upstream): Promise<Owner | undefined> => {
    let retryAfterMs = 0;
    let denial: Failure | undefined;
    for (const email of emails) {
      const waitMs = refusals.waitMs(email);
      if (waitMs > 0) {
        retryAfterMs = Math.max(retryAfterMs, waitMs);
        continue;
      }
      const headers = { ...AS_JSON, authorization: basic(email, token) };
      const request = {
        method: 'GET',
        path: '/rest/api/3/myself',
        headers,
        signal,
        tells: { owner: ['emailAddress', 'displayName', 'accountId'] },
      } as const;
      const { means } = await ask(upstream, request, [
        row([200], ACCOUNT, (account) => account),
        row([401], OUT_OF_SCOPE, 'out-of-scope'),
        REFUSED,
        DENIED,
      ]);
      if (typeof means === 'object') return { email, accountId: means.accountId };
      if (means === 'out-of-scope') {
        untold = NOT_TOLD;
        return undefined;
      }
      refusals.add(email);
      if (means === 'denied') denial ??= suspended(upstream, 403);
    }
    if (denial) throw denial;
    if (retryAfterMs > 0) throw new Failure('throttled', { scope: 'entry', retryAfterMs });
    return undefined;
  };
  return (await firstSparingTheLane(sites, ownerAt)) ?? untold;
}
