/**
 * Datadog API keys, in any number of organisations.
 *
 * Docs: https://docs.datadoghq.com/api/latest/key-management/, checked 2026-11-21.
 *
 * - The list shows the last four characters; a single key is shown with its value, and only that value identifies
 *   it. The older call that deletes by value (v1) takes the key in the URL and is closed on government sites.
 * - Sites know nothing of each other's keys: at a wrong one a living key is as invalid as a deleted one.
 * - API keys are hex without a prefix: the reported type decides.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';

const SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organisations.'),
        site: z.enum(SITES).default('datadoghq.com').describe('The Datadog site of the organisation.'),
        apiKey: secretText().describe('An API key of the organisation.'),
        applicationKey: secretText().describe(
          'An application key with the scopes `api_keys_read` and `api_keys_delete`.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose API keys may leak; asked in this order.'),
});

export type DatadogConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_datadogapikey'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])/,
  effect: 'token',
};

export const datadog: ProviderDefinition<DatadogConfig> = {
  id: 'datadog',
  title: 'Datadog',
  docs: 'https://docs.datadoghq.com/api/latest/key-management/',
  stability: 'stable',
  exactness: 'by value, which Datadog shows to the operator',
  proof: 'the key is refused by the site that knew it',
  effect: 'the token only',
  needs: 'an API key and an application key of each organisation',
  types: KIND.types,
  config: configSchema,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byRecords(
      organizations.map((organization) => keeperOf(organization, tools)),
      {
        unknown:
          'No configured Datadog organisation has this key: add its organisation to providers.datadog.organizations and retry, or dismiss it if the key is gone.',
        rights: 'The application key must have the scopes api_keys_read and api_keys_delete.',
      },
      tools.log,
    ),
  }),
};

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

const LIST = z.object({
  data: z.array(z.object({ id: z.string().min(1), attributes: z.object({ last4: z.string() }) })),
});
const FULL_KEY = z.object({ data: z.object({ attributes: z.object({ key: z.string().optional() }) }) });
const ERRORS = z.object({ errors: z.array(z.string()) });
const ALIVE = [{ status: 200, body: z.object({ valid: z.literal(true) }) }];
const DEAD = [{ status: 403, body: ERRORS }];

const HIDDEN =
  'Datadog does not show the values of the keys that may be it: find the leaked key among them and revoke it by hand.';
const TOO_MANY =
  'This organisation has more keys than Quash reads: find the leaked key and revoke it by hand.';

function keeperOf(organization: DatadogConfig['organizations'][number], tools: Tools): Keeper {
  const { name, site, apiKey, applicationKey } = organization;
  const upstream = tools.upstream(`https://api.${site}`);
  const call = operatorCalls(upstream, { 'dd-api-key': apiKey, 'dd-application-key': applicationKey });

  const listPage = async (page: number, signal: AbortSignal) => {
    const query = { 'page[size]': PAGE_SIZE, 'page[number]': page };
    const answer = await call({ method: 'GET', path: '/api/v2/api_keys', query, statuses: [200], signal });
    return answer.json(LIST).data;
  };
  /** Ids of the keys that end like the token; undefined when there are too many keys to read. */
  const candidates = async (token: Secret, signal: AbortSignal): Promise<string[] | undefined> => {
    const last4 = token.reveal().slice(-4);
    const ids: string[] = [];
    for (let page = 0; page < MAX_PAGES; page++) {
      const keys = await listPage(page, signal);
      ids.push(...keys.filter(({ attributes }) => attributes.last4 === last4).map(({ id }) => id));
      if (keys.length < PAGE_SIZE) return ids;
    }
    return undefined;
  };
  const shownValue = async (id: string, signal: AbortSignal): Promise<string | undefined> => {
    const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    return answer.json(FULL_KEY).data.attributes.key;
  };

  return {
    name,
    own: apiKey,
    async find(token, { signal }) {
      const ids = await candidates(token, signal);
      if (!ids) return refused('ambiguous', TOO_MANY, { organization: name });
      const hidden: string[] = [];
      for (const id of ids) {
        const value = await shownValue(id, signal);
        if (value === token.reveal()) return id;
        // A value that is masked is none to compare with.
        if (value?.length !== token.reveal().length) hidden.push(id);
      }
      if (hidden.length === 0) return undefined;
      return refused('ambiguous', HIDDEN, {
        organization: name,
        candidates: hidden.map((keyId) => ({ keyId })),
      });
    },
    async remove(id, _token, signal) {
      const path = `/api/v2/api_keys/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERRORS, signal });
      return revoked({ organization: name, keyId: id });
    },
    async look(_id, token, signal) {
      const headers = { 'dd-api-key': token };
      const path = '/api/v1/validate';
      const answer = await upstream.request({ method: 'GET', path, headers, statuses: [200, 403], signal });
      if (shows(answer, DEAD)) return 'dead';
      if (shows(answer, ALIVE)) return 'alive';
      throw unexpected(upstream, answer);
    },
    async probe(signal) {
      await listPage(0, signal);
    },
  };
}
