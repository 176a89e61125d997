/**
 * PostHog personal API keys, on PostHog Cloud and the operator's own instances.
 *
 * Docs: https://posthog.com/docs/api/personal-api-keys; the calls are in PostHog's source, posthog/api/personal_api_key.py;
 * checked 2026-11-21.
 *
 * - `@current` is the key that makes the call, so no id and no list is needed.
 * - A key does not say where it was issued: both regions of the cloud and the configured hosts are asked.
 * - The call needs the scope `personal_api_key:write`. A key without it gets a 403, which is a sign of life.
 * - Project keys (`phc_`) are public and are not for revoking.
 */
import { z } from 'zod';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import {
  alreadyInactive,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import { byTenant, type Tenant, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const CLOUD = { us: 'https://us.posthog.com', eu: 'https://eu.posthog.com' };

const config = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .default(['us', 'eu'])
    .describe('Regions of PostHog Cloud that may have issued a key; asked in this order.'),
  hosts: z
    .array(z.strictObject({ url: baseUrl().describe('Base URL of the instance.') }))
    .default([])
    .describe('Own instances of PostHog that may have issued a key; asked after PostHog Cloud.'),
  unknownTokens: unknownTokensKey(),
});

export type PosthogConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'personal-api-key',
  types: ['gitleaks_rule_id_posthogpersonalapikey'],
  pattern: /(?<![\w-])phx_[\w-]{40,}/,
  effect: 'token',
};

export const posthog: ProviderDefinition<PosthogConfig> = {
  id: 'posthog',
  title: 'PostHog',
  docs: 'https://posthog.com/docs/api/personal-api-keys',
  stability: 'beta',
  exactness: 'the key deletes itself',
  proof: 'the instance that knew the key refuses it',
  effect: 'the token only',
  needs: 'nothing for PostHog Cloud; the URL of each own instance',
  types: KIND.types,
  config,
  create({ regions, hosts, unknownTokens }, tools) {
    const urls = [...regions.map((region) => CLOUD[region]), ...hosts.map(({ url }) => url)];
    const tenants = urls.map((url) => ({ upstream: tools.upstream(url) }));
    return { kinds: tenants.length > 0 ? [KIND] : [], ...byTenant(METHOD, tenants, unknownTokens) };
  },
};

const PATH = '/api/personal_api_keys/@current/';

const RECORD: Sign = { status: 200, body: z.object({ id: z.string() }) };
const INVALID_KEY: Sign = { status: 401, body: errorOf('authentication_failed') };
const LACKS_SCOPE: Sign = { status: 403, body: errorOf('permission_denied') };

function errorOf(code: string) {
  return z.object({ type: z.literal('authentication_error'), code: z.literal(code) });
}

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key lacks the scope to delete itself: its owner must delete it in the personal settings of PostHog.',
);

const METHOD: TenantMethod<Tenant, Record<string, never>> = {
  found: z.strictObject({}),
  async look({ upstream }, token, { signal }) {
    const answer = await upstream.request({
      method: 'GET',
      path: PATH,
      headers: { authorization: bearer(token) },
      statuses: [200, 401, 403],
      signal,
    });
    if (shows(answer, [INVALID_KEY])) return { state: 'absent' };
    if (shows(answer, [RECORD, LACKS_SCOPE])) return { state: 'alive', found: {} };
    throw unexpected(upstream, answer);
  },
  async revoke({ upstream }, token, _found, { signal }) {
    const answer = await upstream.request({
      method: 'DELETE',
      path: PATH,
      headers: { authorization: bearer(token) },
      statuses: [204, 401, 403],
      signal,
    });
    if (answer.status === 204) return revoked({ host: upstream.base });
    if (shows(answer, [INVALID_KEY])) return alreadyInactive({ host: upstream.base });
    if (shows(answer, [LACKS_SCOPE])) return NOT_PERMITTED;
    throw unexpected(upstream, answer);
  },
};
