/**
 * Access tokens of npm, and of other registries that speak its protocol.
 *
 * Docs: https://docs.npmjs.com/cli/commands/npm-logout, https://docs.npmjs.com/revoking-access-tokens; the calls are
 * those of npm's own client (`npm logout`, `npm token revoke <token>`); checked 2026-11-21.
 *
 * - No registry is built in: the operator names those that may have issued a token.
 * - A token ends itself by its value. Which of the two calls a registry heeds depends on the registry and on the kind
 *   of token, and some answer that all is well and do nothing: so both are made, and only a look afterwards counts.
 * - npm says that a revocation may take an hour; until then the entry is tried again.
 * - A 401 may also mean that a one-time password is missing, or that our address is not on the token's list. Both
 *   are answers about a living token, told apart by `WWW-Authenticate` or by the words.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { byTenant, type Sight, type Tenant, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer, secretPath } from '../../src/provider/upstream.ts';

const config = z.strictObject({
  registries: z
    .array(z.strictObject({ url: baseUrl().describe('Base URL of the registry.') }))
    .default([])
    .describe('Registries that may have issued a token; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type NpmConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_npm_access_token'],
  pattern: /(?<![\w-])npm_[A-Za-z0-9]{36}(?![\w-])/,
  effect: 'token',
};

export const npm: ProviderDefinition<NpmConfig> = {
  id: 'npm',
  title: 'npm',
  docs: 'https://docs.npmjs.com/cli/commands/npm-logout',
  stability: 'beta',
  exactness: 'the token ends itself, by value',
  proof: 'the registry that knew the token no longer does',
  effect: 'the token only',
  needs: 'the URL of each registry',
  types: KIND.types,
  config,
  create({ registries, unknownTokens }, tools) {
    const tenants = registries.map(({ url }) => ({ upstream: tools.upstream(url) }));
    return {
      kinds: tenants.length > 0 ? [KIND] : [],
      ...byTenant(METHOD, tenants, unknownTokens),
    };
  },
};

const NEEDS_OWNER = refused(
  'not-permitted',
  'The registry wants a one-time password, or an address that the token is limited to: its owner must revoke it.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'The registry knows this token but does not let it revoke itself: its owner must revoke it.',
);

const JSON_OBJECT = z.looseObject({});

const METHOD: TenantMethod<Tenant, Record<string, never>> = {
  found: z.strictObject({}),
  async look({ upstream }, token, { signal }) {
    const answer = await upstream.request({
      method: 'GET',
      path: '/-/whoami',
      headers: { authorization: bearer(token) },
      statuses: [200, 401],
      signal,
    });
    if (answer.status === 401) return denied(upstream, answer);
    // Some registries greet a token that they do not know as nobody, without saying that it is dead.
    const { username } = answer.json(z.object({ username: z.string().nullish() }));
    if (!username) throw unexpected(upstream, answer);
    return { state: 'alive', found: {} };
  },
  async revoke({ upstream }, token, _found, { signal }) {
    const answers: Answer[] = [];
    for (const path of [secretPath`/-/user/token/${token}`, secretPath`/-/npm/v1/tokens/token/${token}`]) {
      const answer = await upstream.request({
        method: 'DELETE',
        path,
        headers: { authorization: bearer(token) },
        statuses: [200, 204, 401, 403, 404, 405],
        signal,
      });
      if (!isEmptyOrJson(answer) && !needsOwner(answer)) throw unexpected(upstream, answer);
      answers.push(answer);
    }
    if (answers.some(({ status }) => status < 300)) return revoked({ tenant: upstream.base });
    if (answers.some(needsOwner)) return NEEDS_OWNER;
    if (answers.some(({ status }) => status === 401 || status === 403)) return NOT_PERMITTED;
    // Neither call knows a token that works: perhaps an earlier attempt has ended it, and that takes its hour.
    throw new Failure('still-active', { target: upstream.base });
  },
};

function denied(upstream: Upstream, answer: Answer): Sight<never> {
  if (needsOwner(answer)) return { state: 'unable', refusal: NEEDS_OWNER };
  if (answer.maybeJson(JSON_OBJECT) === undefined) throw unexpected(upstream, answer);
  return { state: 'absent' };
}

/** As npm's own client tells it. */
function needsOwner(answer: Answer): boolean {
  if (answer.status !== 401) return false;
  const challenges = (answer.header('www-authenticate') ?? '').toLowerCase().split(/[,\s]+/);
  return challenges.includes('otp') || challenges.includes('ipaddress') || /one-time pass/.test(answer.text);
}
