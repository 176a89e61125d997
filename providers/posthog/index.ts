/**
 * PostHog personal API keys, on PostHog Cloud and the operator's own instances.
 *
 * Docs: https://posthog.com/docs/api/personal-api-keys; the calls are in PostHog's source, posthog/api/personal_api_key.py
 * and posthog/permissions.py, checked 2026-11-21.
 *
 * - `@current` is the key that makes the call, so no id and no list is needed.
 * - A key does not say where it was issued: both regions of the cloud and the configured hosts are asked.
 * - PostHog lets a key look at itself, and since 2026 no more than that: on PostHog Cloud its owner has to delete it.
 *   Older instances let a key with the scope `personal_api_key:write` delete itself.
 * - A key without the scope gets a 403, which is a sign of life.
 * - An instance calls the keys of a user whom its administrator disabled invalid, too (posthog/auth.py, validate_key), and
 *   takes them again once he is enabled; checked 2026-11-29.
 * - Project keys (`phc_`) are public and are not for revoking.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

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
});

export type PosthogConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'personal-api-key',
  types: ['gitleaks_rule_id_posthogpersonalapikey'],
  pattern: /(?<![\w-])phx_[\w-]{40,}/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Anybody may run an instance of PostHog.' },
  whole: 'open',
  undo: 'no',
};

export const posthog: ProviderDefinition<PosthogConfig> = {
  id: 'posthog',
  title: 'PostHog',
  docs: 'https://posthog.com/docs/api/personal-api-keys',
  stability: 'beta',
  exactness: 'the key deletes itself, where PostHog lets it',
  proof: 'the instance that knew the key refuses it',
  effect: 'the token only; on PostHog Cloud its owner has to delete it',
  needs: 'nothing for PostHog Cloud; the URL of each own instance',
  types: KIND.types,
  config,
  create({ regions, hosts }, tools) {
    const accounts = [
      ...regions.map((region) => accountOf(tools.upstream(CLOUD[region]), { deletesItself: false })),
      ...hosts.map(({ url }) => accountOf(tools.upstream(url), { deletesItself: true })),
    ];
    const { check: _, ...work } = byAccounts(accounts, {
      ...{ found: FOUND, unknown: UNKNOWN, log: tools.log },
      // No region of the cloud is a copy of anything.
      copies: hosts.length > 1,
    });
    return { kinds: accounts.length > 0 ? [KIND] : [], ...work };
  },
};

const PATH = '/api/personal_api_keys/@current/';

/** A key is found by itself, so there is nothing to keep. */
const FOUND = z.strictObject({});

const INVALID_KEY: AnswerRow<'absent'> = row([401], errorOf('authentication_failed'), 'absent');
const LACKS_SCOPE: AnswerRow<'lacks-scope'> = row([403], errorOf('permission_denied'), 'lacks-scope');

function errorOf(code: string) {
  return z.object({ type: z.literal('authentication_error'), code: z.literal(code) });
}

const UNKNOWN =
  'No instance of PostHog that was asked lets this key in: if it is of another instance, add that to providers.posthog.hosts and retry.';
const OF_ITS_OWNER = refused(
  'not-permitted',
  'The key works, and PostHog does not let it delete itself: its owner must delete it in the personal settings of PostHog.',
);

const KEPT_OUT = refused(
  'manual',
  'PostHog took this key before and refuses it now, as it does while its user is disabled: see in the personal settings of the user whether it is gone, and delete it there.',
);

const TELLS = {
  owner: 'user_id',
  name: 'label',
  scopes: 'scopes',
  created: 'created_at',
  lastUsed: 'last_used_at',
};

function accountOf(
  upstream: Upstream,
  { deletesItself }: { readonly deletesItself: boolean },
): Account<z.output<typeof FOUND>> {
  const request = (method: 'GET' | 'DELETE', token: Secret, signal: AbortSignal) => {
    return { method, path: PATH, headers: { authorization: bearer(token) }, signal };
  };
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const { means } = await ask(upstream, { ...request('GET', token, signal), tells: TELLS }, [
      row([200], z.object({ id: z.string() }), 'alive'),
      LACKS_SCOPE,
      INVALID_KEY,
    ]);
    return means !== 'absent';
  };
  return {
    name: upstream.base,
    // Nobody but PostHog itself disables a user of its cloud.
    keptOut: deletesItself ? KEPT_OUT : undefined,
    async look(token, { signal }) {
      return (await works(token, signal))
        ? { state: 'alive', found: {}, by: 'signs-in' }
        : { state: 'absent' };
    },
    async revoke(_found, token, { signal }) {
      if (!deletesItself) return OF_ITS_OWNER;
      const { means } = await ask(upstream, request('DELETE', token, signal), [
        row([204], 'revoked'),
        LACKS_SCOPE,
        INVALID_KEY,
      ]);
      if (means === 'lacks-scope') return OF_ITS_OWNER;
      // It was let in just before: the next look judges that, and whether a copy has the key.
      if (means === 'absent') throw suspended(upstream, 401);
      return revoked();
    },
  };
}
