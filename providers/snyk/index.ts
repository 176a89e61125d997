/**
 * Snyk personal access tokens (`snyk_uat.`, and `snyk_sat.` of service accounts).
 *
 * Docs: https://docs.snyk.io/snyk-api/authentication-for-api/personal-access-tokens-pats and, for the calls,
 * https://docs.snyk.io/snyk-api/reference/personal-access-token; checked 2026-11-21.
 *
 * - A token is `snyk_uat.<8>.<payload>.<signature>`; the payload is base64url JSON. Its `h` names the region, which
 *   must be one of those that we know: the host of a call comes from the list below. Its `j` is not documented; it is
 *   taken for the token's id only if the token's own list has that very id, which is 128 bits long.
 * - Otherwise the token is known only as the single one of its owner, and else it is ambiguous.
 * - A token lists and deletes the tokens of its owner, itself included; after that it is answered 401.
 * - The older API tokens (a bare UUID) have no call that revokes them, and are no kind of this provider.
 */
import { z } from 'zod';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { claimsOf, isUlidOf } from './claims.ts';
import { asToken, FORBIDDEN, listIds, listPage, VERSION } from './tokens.ts';

const config = z.strictObject({});

export type SnykConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_snyk_personal_access_token'],
  pattern: /(?<![\w.-])snyk_[us]at\.[a-z0-9]{8}\.[\w-]{16,1024}\.[\w-]{16,1024}(?![\w-])/,
  effect: 'token',
};

export const snyk: ProviderDefinition<SnykConfig> = {
  id: 'snyk',
  title: 'Snyk',
  docs: 'https://docs.snyk.io/snyk-api/authentication-for-api/personal-access-tokens-pats',
  stability: 'beta',
  exactness: "the id inside the token, or its owner's only token",
  proof: 'Snyk refuses the token as unauthorized',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_, tools) => create(tools),
};

/** The regions for customers; a token is known in its own alone. */
const HOSTS = ['api.snyk.io', 'api.us.snyk.io', 'api.eu.snyk.io', 'api.au.snyk.io'];

const FOREIGN = refused(
  'unknown-token',
  'The token names no region of Snyk that Quash knows: revoke it at the Snyk it belongs to, in the account settings under Personal Access Tokens.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'This token may not manage the tokens of its owner: its owner has to revoke it in the account settings of Snyk under Personal Access Tokens.',
);
const AMBIGUOUS =
  'The owner of this token has several, and the leaked one cannot be told: its owner has to revoke it in the account settings of Snyk under Personal Access Tokens.';

function create(tools: Tools): Provider {
  const upstreams = HOSTS.map((host) => tools.upstream(`https://${host}/rest`));
  const regionOf = ({ h }: { h: string }): Upstream | undefined =>
    upstreams[HOSTS.findIndex((host) => host === h || host === `api.${h}`)];

  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      const claims = claimsOf(token);
      const upstream = claims && regionOf(claims);
      if (!upstream) return FOREIGN;
      const ids = await listIds(upstream, token, signal);
      if (ids === 'dead') return alreadyInactive();
      if (ids === 'forbidden') return NOT_PERMITTED;
      const own =
        ids.all.find((id) => isUlidOf(id, claims.j)) ?? (ids.isWhole ? onlyOne(ids.all) : undefined);
      if (own === undefined)
        return refused('ambiguous', AMBIGUOUS, { candidates: ids.all.map((id) => ({ id })) });
      const answer = await upstream.request({
        method: 'DELETE',
        path: `/self/personal_access_tokens/${own}`,
        query: { version: VERSION },
        headers: { authorization: asToken(token) },
        statuses: [204, 403],
        signal,
      });
      if (answer.status === 204) return revoked({ id: own });
      if (answer.maybeJson(FORBIDDEN)) return NOT_PERMITTED;
      throw unexpected(upstream, answer);
    },
    async verify(token, { signal }) {
      const claims = claimsOf(token);
      const upstream = claims && regionOf(claims);
      if (!upstream) return 'unknown';
      return (await listPage(upstream, token, undefined, signal)) === 'dead' ? 'dead' : 'alive';
    },
  };
}

function onlyOne<T>([first, ...others]: readonly T[]): T | undefined {
  return others.length === 0 ? first : undefined;
}
