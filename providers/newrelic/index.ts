/**
 * New Relic user keys, which delete themselves, and browser keys, which an operator's user key deletes.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/, checked
 * 2026-11-21.
 *
 * - A search shows the values of ingest keys and of the asker's own user keys; those of other users are hidden. So a
 *   user key can only be found by itself or another key of its user.
 * - What failed comes as 200 with `errors`; a key that does not work as 401 with the code `BAD_API_KEY`.
 * - Each region knows its own keys only: a user key is dead when every region refuses it.
 * - The browser key that came with an account cannot be deleted, only rotated by New Relic's support.
 * - A deleted browser key is as unknown as one of another account.
 * - Not covered, for want of a call: REST API keys (NRRA-) and user API ids.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type {
  Liveness,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Answer, Body, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/secret.ts';

const HOSTS = { us: 'https://api.newrelic.com', eu: 'https://api.eu.newrelic.com' } as const;

const configSchema = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .min(1)
    .default(['us', 'eu'])
    .describe('Regions that may have issued a user key; one that all of them refuse is dead.'),
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organisations.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the organisation is.'),
        userKey: secretText().describe('A user key (NRAK-) of a user who may manage ingest keys.'),
      }),
    )
    .default([])
    .describe('Organisations whose browser keys may leak; user keys need none.'),
});

export type NewrelicConfig = z.output<typeof configSchema>;

const USER_KEY: TokenKind = {
  id: 'user-key',
  types: ['gitleaks_rule_id_new_relic_user_api_key'],
  pattern: /(?<![\w-])NRAK-[A-Z0-9]{27}(?![\w-])/,
  effect: 'token',
};
const BROWSER_KEY: TokenKind = {
  id: 'browser-key',
  types: [
    'gitleaks_rule_id_new_relic_ingest_browser_api_token',
    'gitleaks_rule_id_new_relic_ingest_browser_api_token_v2',
  ],
  pattern: /(?<![\w-])NRJS-[0-9a-f]{19}(?![\w-])/,
  effect: 'token',
};

export const newrelic: ProviderDefinition<NewrelicConfig> = {
  id: 'newrelic',
  title: 'New Relic',
  docs: 'https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/',
  stability: 'stable',
  exactness: 'by value',
  proof: 'all regions refuse the user key; the browser key is no longer listed',
  effect: 'the token only',
  needs: 'nothing for user keys; a user key of each organisation for browser keys',
  types: [...USER_KEY.types, ...BROWSER_KEY.types],
  config: configSchema,
  create({ regions, organizations }, tools) {
    const upstreams = regions.map((region) => tools.upstream(HOSTS[region]));
    const browserKeys = byRecords(
      organizations.map((organization) => keeperOf(organization, tools)),
      {
        unknown:
          'No configured New Relic organisation has this browser key: add its organisation to providers.newrelic.organizations and retry, or dismiss it if the key is gone.',
        rights: 'The user key must belong to a user who may manage ingest keys.',
      },
      tools.log,
    );
    return {
      kinds: [USER_KEY, ...(organizations.length > 0 ? [BROWSER_KEY] : [])],
      revoke: (token, step) =>
        step.kind === USER_KEY.id
          ? revokeUserKey(upstreams, token, step.signal)
          : browserKeys.revoke(token, step),
      verify: (token, step) =>
        step.kind === USER_KEY.id
          ? lookAtUserKey(upstreams, token, step.signal)
          : browserKeys.verify(token, step),
      check: browserKeys.check,
    };
  },
};

const SEARCH =
  'query($query: ApiAccessKeySearchQuery!) { actor { apiAccess { keySearch(query: $query) { keys { id key } } } } }';
const DELETE =
  'mutation($keys: ApiAccessDeleteInput!) { apiAccessDeleteKeys(keys: $keys) { deletedKeys { id } errors { message } } }';

const KEYS = z.object({ keys: z.array(z.object({ id: z.string().min(1), key: z.string().nullish() })) });
const FOUND = z.object({
  data: z.object({ actor: z.object({ apiAccess: z.object({ keySearch: KEYS }) }) }),
});
const DELETED = z.object({
  data: z.object({
    apiAccessDeleteKeys: z.object({
      deletedKeys: z.array(z.object({ id: z.string() })).nullish(),
      errors: z.array(z.object({ message: z.string() })).nullish(),
    }),
  }),
});
const BAD_KEY = z.object({
  errors: z.array(z.object({ extensions: z.object({ error_code: z.literal('BAD_API_KEY') }) })).min(1),
});

const OF_USER = { types: 'USER' } as const;
const OF_BROWSERS = { types: 'INGEST', scope: { ingestTypes: 'BROWSER' } } as const;

function nerdGraph(query: string, variables: Body) {
  return { method: 'POST', path: '/graphql', json: { query, variables }, statuses: [200, 401] } as const;
}

function idOf(token: Secret, answer: Answer): string | undefined {
  const { keys } = answer.json(FOUND).data.actor.apiAccess.keySearch;
  return keys.find(({ key }) => key === token.reveal())?.id;
}

/** The key itself is the credential; undefined when this region refuses it. */
async function asUserKey(
  upstream: Upstream,
  key: Secret,
  request: ReturnType<typeof nerdGraph>,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const answer = await upstream.request({ ...request, headers: { 'api-key': key }, signal });
  if (answer.status === 200) return answer;
  if (shows(answer, [{ status: 401, body: BAD_KEY }])) return undefined;
  throw unexpected(upstream, answer);
}

async function revokeUserKey(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  for (const upstream of upstreams) {
    const found = await asUserKey(upstream, token, nerdGraph(SEARCH, { query: OF_USER }), signal);
    if (!found) continue;
    const id = idOf(token, found);
    if (id === undefined) return refused('not-permitted', NOT_LISTED);
    const deletion = await asUserKey(
      upstream,
      token,
      nerdGraph(DELETE, { keys: { userKeyIds: [id] } }),
      signal,
    );
    // It worked a moment ago, so somebody else was faster.
    if (!deletion) return alreadyInactive({ keyId: id });
    return deleted(deletion, id)
      ? revoked({ keyId: id })
      : refused('not-permitted', NOT_DELETED, { keyId: id });
  }
  return alreadyInactive();
}

const NOT_LISTED =
  'The user key works, but New Relic does not list it among the keys of its user: delete it on the API keys page.';
const NOT_DELETED =
  'New Relic refused to delete the key: an administrator can delete it on the API keys page.';
const ORIGINAL_KEY =
  'New Relic refused to delete the browser key: if it came with the account, ask the support of New Relic to rotate it.';

async function lookAtUserKey(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<Liveness> {
  for (const upstream of upstreams) {
    const answer = await asUserKey(upstream, token, nerdGraph(SEARCH, { query: OF_USER }), signal);
    if (!answer) continue;
    answer.json(FOUND);
    return 'alive';
  }
  return 'dead';
}

/** @throws {Failure} when the answer says neither that it was done nor that it was refused */
function deleted(answer: Answer, id: string): boolean {
  const { deletedKeys, errors } = answer.json(DELETED).data.apiAccessDeleteKeys;
  return !errors?.length && deletedKeys?.some((key) => key.id === id) === true;
}

function keeperOf({ name, region, userKey }: NewrelicConfig['organizations'][number], tools: Tools): Keeper {
  const call = operatorCalls(tools.upstream(HOSTS[region]), { 'api-key': userKey });
  const findKey = async (token: Secret, signal: AbortSignal): Promise<string | undefined> =>
    idOf(token, await call({ ...nerdGraph(SEARCH, { query: OF_BROWSERS }), signal }));
  return {
    name,
    own: userKey,
    find: (token, { signal }) => findKey(token, signal),
    async remove(id, token, signal) {
      const evidence = { organization: name, keyId: id };
      if ((await findKey(token, signal)) === undefined) return revoked(evidence);
      const answer = await call({ ...nerdGraph(DELETE, { keys: { ingestKeyIds: [id] } }), signal });
      return deleted(answer, id) ? revoked(evidence) : refused('not-permitted', ORIGINAL_KEY, evidence);
    },
    look: async (_id, token, signal) => ((await findKey(token, signal)) === undefined ? 'dead' : 'alive'),
    async probe(signal) {
      await findKey(userKey, signal);
    },
  };
}
