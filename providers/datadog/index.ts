/**
 * Datadog API keys and application keys (see `application-keys.ts`), in any number of organizations.
 *
 * Docs: https://docs.datadoghq.com/api/latest/key-management/, checked 2026-11-28.
 *
 * - The list shows the last four characters; a single key is shown with its value, and only that value identifies
 *   it. The older call that deletes by value (v1) takes the key in the URL and is closed on government sites.
 * - Sites know nothing of each other's keys: at a wrong one a living key is as invalid as a deleted one. Any key may ask
 *   whether it is valid, so a key that no configured organization has is asked at every site.
 * - A new key is refused for a few seconds, as a deleted one is
 *   (https://docs.datadoghq.com/account_management/api-app-keys/#key-propagation-delay-and-eventual-consistency, 2026-11-30).
 * - API keys are hex without a prefix: the reported type decides.
 * - Personal and service access tokens (`ddpat_`, `ddsat_`) are left out: which answer shows that one works, whatever its
 *   scopes, is documented nowhere.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { onceMore, unlessNew, wasUnknown } from '../../src/provider/kit/new-keys.ts';
import { refused, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted, unlistedSince } from '../../src/provider/kit/unlisted.ts';
import type { ProviderDefinition, Step, TokenKind, Unknown } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { APPLICATION_KEY, applicationKeys } from './application-keys.ts';
import { configSchema, type DatadogConfig, SITES, siteUrl } from './config.ts';
import { organizationAccount } from './organization.ts';
import { letInAt } from './sites.ts';

const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_datadogapikey'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { all: SITES },
  whole: 'exact',
  undo: 'no',
};

const ELSEWHERE =
  'The key works, and is of an organization that is not configured: add that to providers.datadog.organizations and retry, or revoke the key by hand.';

/** By then, the list that was read at first is read anew, too. */
const KNOWN_AFTER_MS = 60_000;

/** What stands there beside how long a key has waited. */
const OTHER_NOTE = z.record(z.string(), z.unknown()).catch({});

export const datadog: ProviderDefinition<DatadogConfig> = {
  id: 'datadog',
  title: 'Datadog',
  docs: 'https://docs.datadoghq.com/api/latest/key-management/',
  stability: 'stable',
  exactness:
    'API keys by value, which Datadog shows to the operator; an application key works, and one record alone ends like it',
  proof: 'the key is refused by the site that knew it',
  effect: 'the token only',
  needs: 'an API key and an application key of each organization',
  types: [...API_KEY.types, ...APPLICATION_KEY.types],
  config: configSchema,
  create({ organizations }, tools) {
    const apiKeys = byAccounts(
      organizations.map((organization) => organizationAccount(organization, tools)),
      {
        found: z.string(),
        rights: 'The application key must have the scopes api_keys_read and api_keys_delete.',
        log: tools.log,
      },
    );
    const sites = SITES.map((site) => tools.upstream(site));
    const ours = organizations.map(({ site }) => siteUrl(site));
    const orElsewhere = async <Result extends { readonly outcome: string }>(
      search: (token: Secret, step: Step) => Promise<Result>,
      token: Secret,
      step: Step,
    ): Promise<Result | ReturnType<typeof unlisted> | Unknown> => {
      const since = unlistedSince(step);
      const isAgain = wasUnknown(step);
      const result = await search(token, step);
      if (result.outcome === 'already-inactive') return onceMore(result, step, KNOWN_AFTER_MS, isAgain);
      if (result.outcome !== 'unknown') return result;
      const home = await letInAt(sites, token, step.signal).catch((error: unknown) => {
        // Else, what has waited already would wait from the beginning, whenever a site is away.
        const waited = { wasUnknown: isAgain, ...(since !== undefined && { unlistedSince: since }) };
        step.remember({ ...OTHER_NOTE.parse(step.note), ...waited });
        throw error;
      });
      if (home === undefined) {
        const unknown = unknownAt(SITES);
        // One that was let in a moment ago is not new.
        return since === undefined ? unlessNew(unknown, step, KNOWN_AFTER_MS, isAgain) : unknown;
      }
      const refusal = refused('not-permitted', ELSEWHERE, { site: home });
      return ours.includes(home) ? unlisted(step, tools.clock, refusal, since) : refusal;
    };
    const withApplicationKeys = organizations.filter((each) => each.applicationKeys);
    return byKind([
      {
        ...apiKeys,
        kinds: [API_KEY],
        isAble: organizations.length > 0,
        revoke: (token, step) => orElsewhere(apiKeys.revoke, token, step),
        look: (token, step) => orElsewhere(apiKeys.look, token, step),
      },
      {
        kinds: [APPLICATION_KEY],
        isAble: withApplicationKeys.length > 0,
        ...byAccounts(
          withApplicationKeys.map((organization) => applicationKeys(organization, tools)),
          {
            found: z.string(),
            unknown:
              'No configured organization takes this key: if it is of another one, add that to providers.datadog.organizations with applicationKeys and retry, or revoke it there.',
            rights: 'The application key must have the scopes org_app_keys_read and org_app_keys_write.',
            knownAfterMs: KNOWN_AFTER_MS,
            log: tools.log,
          },
        ),
      },
    ]);
  },
};
