/**
 * Postman collection access keys (PMAT-), which read one collection.
 *
 * Docs: https://learning.postman.com/api-docs/api-reference/collection-access-keys/get-collection-access-keys and
 * https://learning.postman.com/api-docs/api-reference/collection-access-keys/delete-collection-access-key, checked
 * 2026-11-21.
 *
 * - The list has the personal and the team's keys that the operator's user sees, page by page. It shows the last four
 *   characters of each, and its collection: a key is the leaked one when the leaked one also opens that collection.
 * - For that the vendor takes the key in the URL only.
 * - A key that is gone looks like one of another team.
 * - Not covered, for want of a call: API keys (PMAK-).
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';

const HOSTS = { us: 'https://api.getpostman.com', eu: 'https://api.eu.postman.com' } as const;

const configSchema = z.strictObject({
  teams: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the teams.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the data of the team is.'),
        apiKey: secretText().describe(
          'API key (PMAK-) of a user who sees the collection access keys of the team.',
        ),
      }),
    )
    .default([])
    .describe('Teams whose collection access keys may leak; asked in this order.'),
});

export type PostmanConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'collection-access-key',
  types: ['gitleaks_rule_id_postmancollectionaccesskey'],
  pattern: /(?<![\w-])PMAT-[0-9A-Z]{26}(?![\w-])/,
  effect: 'token',
};

export const postman: ProviderDefinition<PostmanConfig> = {
  id: 'postman',
  title: 'Postman',
  docs: 'https://learning.postman.com/api-docs/api-reference/collection-access-keys/delete-collection-access-key',
  stability: 'beta',
  exactness: 'by its last four characters, and because it opens the collection of that record',
  proof: 'the key is no longer in the list',
  effect: 'the token only',
  needs: 'an API key of each team',
  types: KIND.types,
  config: configSchema,
  create: ({ teams }, tools) => ({
    kinds: teams.length > 0 ? [KIND] : [],
    ...byRecords(
      teams.map((team) => keeperOf(team, tools)),
      {
        unknown:
          'No configured Postman team has this collection access key: add its team to providers.postman.teams and retry, or dismiss it if the key is gone.',
        rights: 'The API key must be valid and of a user who sees the collection access keys of the team.',
      },
      tools.log,
    ),
  }),
};

const SEVERAL = 'Several collection access keys may be the leaked one: find out which, and delete that.';
const UNPROVEN =
  'A collection access key ends like the leaked one, but the leaked one does not open its collection: it is of another team, or the collection is gone.';
const TOO_MANY = 'The team has more collection access keys than Quash reads: find the leaked one by hand.';

const MAX_PAGES = 50;

const PAGE = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      token: z.string(),
      status: z.string(),
      collectionId: z.string().min(1),
    }),
  ),
  meta: z.object({ nextCursor: z.string().nullish() }).optional(),
});
type KeyRecord = z.output<typeof PAGE>['data'][number];

const COLLECTION = z.object({ collection: z.looseObject({}) });
const ERROR = z.object({ error: z.object({ name: z.string() }) }).or(z.object({ title: z.string() }));

function keeperOf({ name, region, apiKey }: PostmanConfig['teams'][number], tools: Tools): Keeper {
  const upstream = tools.upstream(HOSTS[region]);
  const call = operatorCalls(upstream, { 'x-api-key': apiKey });

  const readPage = async (cursor: string | undefined, signal: AbortSignal) => {
    const query = { ...(cursor && { cursor }) };
    const request = { method: 'GET', path: '/collection-access-keys', query, statuses: [200] } as const;
    return (await call({ ...request, signal })).json(PAGE);
  };
  /** Undefined when there are too many to read. */
  const activeKeys = async (signal: AbortSignal): Promise<readonly KeyRecord[] | undefined> => {
    const active: KeyRecord[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { data, meta } = await readPage(cursor, signal);
      active.push(...data.filter(({ status }) => status === 'ACTIVE'));
      cursor = meta?.nextCursor || undefined;
      if (!cursor) return active;
    }
    return undefined;
  };
  const opens = async (token: Secret, collectionId: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await upstream.request({
      method: 'GET',
      path: `/collections/${encodeURIComponent(collectionId)}`,
      query: { access_key: token, model: 'minimal' },
      statuses: [200, 400, 401, 403, 404],
      signal,
    });
    if (answer.status === 200) answer.json(COLLECTION);
    else if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    return answer.status === 200;
  };

  return {
    name,
    own: apiKey,
    async find(token, { signal }) {
      const active = await activeKeys(signal);
      if (!active) return refused('ambiguous', TOO_MANY, { team: name });
      const alike = active.filter((record) => endsAs(record.token, token));
      if (alike.length === 0) return undefined;
      const opening: KeyRecord[] = [];
      for (const record of alike) {
        if (await opens(token, record.collectionId, signal)) opening.push(record);
      }
      const [only, ...others] = opening;
      if (only && others.length === 0) return only.id;
      const candidates = (only ? opening : alike).map(({ id, collectionId }) => ({
        keyId: id,
        collectionId,
      }));
      return refused('ambiguous', only ? SEVERAL : UNPROVEN, { team: name, candidates });
    },
    async remove(id, _token, signal) {
      const path = `/collection-access-keys/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERROR, signal });
      return revoked({ team: name, keyId: id });
    },
    async look(id, _token, signal) {
      const active = await activeKeys(signal);
      if (!active) return 'unknown';
      return active.some((record) => record.id === id) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await readPage(undefined, signal);
    },
  };
}

/** @param masked such as `PMAT-**********************43BR` */
function endsAs(masked: string, token: Secret): boolean {
  const ending = /^PMAT-\*+([0-9A-Z]{4,})$/.exec(masked)?.[1];
  return ending !== undefined && token.reveal().endsWith(ending);
}
