/**
 * Cloudflare API tokens, of users and of accounts.
 *
 * Docs: https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/delete/,
 * https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/delete/ and
 * https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/, checked 2026-11-28.
 *
 * - Every token may ask for its own id; deleting itself it may only with the right `API Tokens Write`, which few have.
 * - `cfut_` is a user's, `cfat_` an account's; older tokens are 40 characters that do not say whose they are. A token
 *   is known at its home only: a user's tokens below `/user`, an account's below `/accounts/<id>`, where others are
 *   "invalid". So that answer proves something at the home alone, which is remembered.
 * - `verify` calls some tokens invalid that are only not let in from our address; other calls say so (code 9109). So a
 *   token that no home knows is asked for its accounts before it is called unknown. That of an account is answered with
 *   400 and code 1001 then, as accounts are listed for users alone (edgefirst-dev/starter#3, 2026-11-29).
 * - A text that is no whole token may be answered 400, as one in a wrong format (kissgyorgy/cloudflare-dyndns#40,
 *   2026-11-30).
 * - FedRAMP High is an environment of its own, with the API `api.fed.cloudflare.com` (cloudflare/workers-sdk, setting
 *   `compliance_region` of wrangler, checked 2026-11-29). What its users have is invalid here, and may live.
 * - Disabling means sending all of a token's rights again, where a mistake could widen them: it is deleted instead. One
 *   that is disabled can be enabled again, and one that has expired be given another end (`expires_on` of the call that updates
 *   it): so both are deleted like one that works; the latter where ours may, as it may do nothing itself.
 * - Global API keys (`cfk_`, or 37 hex characters) can only be changed in the dashboard and are not taken.
 */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { asOurFault } from '../../src/provider/kit/in-turn.ts';
import { alreadyInactive, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted, unlistedSince } from '../../src/provider/kit/unlisted.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  Step,
  Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { look, remove, works } from './calls.ts';
import { type CloudflareConfig, type Credential, configSchema } from './config.ts';
import { API_TOKEN, homeOf, homesOf, placeOf, USER_HOME, USER_TOKEN } from './kinds.ts';

const UNKNOWN =
  'Neither Cloudflare users nor the configured accounts know this token: it is dead, or of an account that is not configured, or of the Cloudflare of FedRAMP High. Find out which, add a credential for its account to providers.cloudflare.credentials and retry, or delete it in the dashboard.';
const NOT_PERMITTED = refused(
  'not-permitted',
  'The token works, or can be enabled again, and may not delete itself: add a credential of its user or account, with the right to delete tokens, to providers.cloudflare.credentials and retry, or delete it in the dashboard.',
);
const ELSEWHERE = refused(
  'not-permitted',
  'The token works, and is of an account that is not configured: add a credential for that to providers.cloudflare.credentials and retry, or delete it in the dashboard.',
);

export const cloudflare: ProviderDefinition<CloudflareConfig> = {
  id: 'cloudflare',
  title: 'Cloudflare',
  docs: 'https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/delete/',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the id that the token is given as its own',
  proof: 'the API calls the token invalid where it was valid before',
  effect: 'the token only',
  needs:
    'nothing for tokens with the right to delete tokens; for all others a credential of their user or account',
  types: API_TOKEN.types,
  config: configSchema,
  create,
};

/** Path below which the token is known. */
const NOTE = z.object({ home: z.string() });

function create({ credentials }: CloudflareConfig, tools: Tools): Provider {
  const upstream = tools.upstream('https://api.cloudflare.com');
  const accounts = [...new Set(credentials.map(homeOf))].filter((home) => home !== USER_HOME);

  const homesToAsk = (token: Secret, step: Step): readonly string[] => {
    const seen = NOTE.safeParse(step.note).data;
    if (!seen) return homesOf(token, accounts);
    step.sawAlive(placeOf(seen.home));
    return [seen.home];
  };

  return {
    kinds: [USER_TOKEN, API_TOKEN],
    async revoke(token, step) {
      const goneSince = unlistedSince(step);
      const refusedBy: string[] = [];
      for (const home of homesToAsk(token, step)) {
        const sight = await look(upstream, home, token, step.signal);
        if (sight === 'malformed') continue;
        if (sight === 'invalid') {
          refusedBy.push(placeOf(home));
          continue;
        }
        const ours = credentials.filter((each) => homeOf(each) === home).map((each) => each.token);
        const hasExpired = sight.status === 'expired';
        const expired = alreadyInactive({ tokenId: sight.id, status: sight.status });
        if (hasExpired && ours.length === 0) return expired;
        step.remember({ home } satisfies z.output<typeof NOTE>);
        step.sawAlive(placeOf(home));
        // Cloudflare accepted the whole token, and answered with this id as its own.
        step.prove('signs-in');
        const path = `${home}/${encodeURIComponent(sight.id)}`;
        const end = await remove(upstream, path, [token, ...ours], step.signal).catch((error: unknown) => {
          // Else, what has waited already would wait from the beginning.
          if (goneSince !== undefined) step.remember({ home, unlistedSince: goneSince });
          // One that has ended already is worth no pause, in which others live on.
          throw hasExpired ? asOurFault(error).ofEntry() : error;
        });
        if (end === 'deleted') return revoked();
        if (hasExpired) return expired;
        // One that was deleted a moment ago may be let in still, and that of another user is as unknown to ours.
        return end === 'gone' ? unlisted(step, tools.clock, NOT_PERMITTED, goneSince) : NOT_PERMITTED;
      }
      if (await works(upstream, token, step.signal)) return ELSEWHERE;
      return unknownAt(refusedBy, UNKNOWN);
    },
    async verify(token, step) {
      for (const home of homesToAsk(token, step)) {
        const sight = await look(upstream, home, token, step.signal);
        if (sight === 'malformed') return 'unknown';
        if (sight !== 'invalid') return sight.status === 'expired' ? 'dead' : 'alive';
      }
      return NOTE.safeParse(step.note).success ? 'dead' : 'unknown';
    },
    check: (signal) => Promise.all(credentials.map((each) => check(upstream, each, signal))),
  };
}

function check(upstream: Upstream, credential: Credential, signal: AbortSignal): Promise<CredentialCheck> {
  const { accountId, token } = credential;
  const name = accountId === undefined ? 'token of a user' : `token of the account ${accountId}`;
  return judgedCheck(name, async () => {
    // A user's token may also be the one that manages an account.
    for (const home of new Set([homeOf(credential), USER_HOME])) {
      const sight = await look(upstream, home, token, signal);
      if (typeof sight === 'object' && sight.status === 'active') return { ok: true };
    }
    return { ok: false, advice: 'Cloudflare calls it invalid or disabled: configure a new one.' };
  });
}
