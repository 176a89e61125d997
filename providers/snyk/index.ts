/**
 * Snyk personal access tokens (`snyk_uat.`, and `snyk_sat.` of service accounts).
 *
 * Docs: https://docs.snyk.io/snyk-api/authentication-for-api/personal-access-tokens-pats and, for the calls,
 * https://docs.snyk.io/snyk-api/reference/personal-access-token; checked 2026-11-21.
 *
 * - A token is `snyk_uat.<8>.<payload>.<signature>`; the payload is base64url JSON. Its `h` names the region, which
 *   must be one of those that we know: the host of a call comes from the list below. Its `j` is not documented; it is
 *   taken for the token's id only if the token's own list has that very id, which is 128 bits long.
 * - A token with another `j` is known only as the single one of its owner, once that is old enough, and else it is ambiguous. One whose id is not in
 *   the list may be deleted, and let in for a while: the single one that is left is another one.
 * - A token lists and deletes the tokens of its owner, itself included; after that it is answered 401, of which the page on
 *   authentication shows another body than JSON:API has (snyk/user-docs, .../authentication-for-api/authenticating.md).
 * - Neither part has a length that is documented, so a text may be cut, and a 401 proves the end only of a token that
 *   was seen to work.
 * - The older API tokens (a bare UUID) have no call that revokes them, and are no kind of this provider.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { regionOf } from './claims.ts';
import { FOUND, HOSTS, regionAccount } from './region.ts';

const config = z.strictObject({});

export type SnykConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_snyk_personal_access_token'],
  pattern: /(?<![\w.-])snyk_[us]at\.[a-z0-9]{8}\.[\w-]{16,1024}\.[\w-]{16,1024}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Snyk runs instances for single customers, too.' },
  whole: 'open',
  undo: 'no',
};

export const snyk: ProviderDefinition<SnykConfig> = {
  id: 'snyk',
  title: 'Snyk',
  docs: 'https://docs.snyk.io/snyk-api/authentication-for-api/personal-access-tokens-pats',
  stability: 'beta',
  exactness: "the id inside the token that Snyk took, or its owner's only token",
  proof: 'Snyk refuses the token as unauthorized once it has taken it',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  create: (_, tools) => create(tools),
};

const FOREIGN = refused(
  'unknown-token',
  'The token names no region of Snyk that Quash knows: revoke it at the Snyk it belongs to, in the account settings under Personal Access Tokens.',
);
const UNKNOWN =
  'Snyk refuses this token in the region that it names: look up at the location what it is for, and revoke it in the account settings of its owner under Personal Access Tokens.';

/** A token is known in its own region alone, so nobody else is asked; and one that is down holds up no tokens of others. */
function create(tools: Tools): Provider {
  const regions = HOSTS.map((host) => ({
    host,
    ...byAccounts([regionAccount(host, tools)], { found: FOUND, unknown: UNKNOWN, log: tools.log }),
  }));
  const of = (token: Secret) => {
    const host = regionOf(token, HOSTS);
    return regions.find((each) => each.host === host);
  };
  return {
    kinds: [KIND],
    revoke: (token, step) => sparingTheLane(HOSTS, async () => of(token)?.revoke(token, step) ?? FOREIGN),
    look: (token, step) => sparingTheLane(HOSTS, async () => of(token)?.look(token, step) ?? FOREIGN),
    async verify(token, step) {
      const region = of(token);
      if (!region) throw new Failure('internal');
      return sparingTheLane(HOSTS, () => region.verify(token, step));
    },
  };
}
