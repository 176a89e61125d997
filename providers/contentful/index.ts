/**
 * Contentful personal access tokens, which revoke themselves, and delivery and preview keys of spaces.
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/access-tokens and
 * https://www.contentful.com/developers/docs/references/content-management-api/#/reference/api-keys, checked
 * 2026-11-21.
 *
 * - A token's list of the tokens of its user shows the last four characters only. As it works, it is one of those
 *   that are not revoked; so the only one that ends like it is it, once the list was read to its end.
 * - A delivery key and a preview key share one record and go together.
 * - The lists of a space's keys show their values. A deleted key is as unknown as one of another space.
 * - Each data residency has its own host: a personal access token is dead when every host refuses it.
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
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

const HOSTS = { us: 'https://api.contentful.com', eu: 'https://api.eu.contentful.com' } as const;

const configSchema = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .min(1)
    .default(['us', 'eu'])
    .describe('Data residencies that may have issued a personal access token; one that all refuse is dead.'),
  spaces: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[\w-]{1,64}$/, 'expected the id of a space')
          .describe('Id of the space.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the space is.'),
        managementToken: secretText().describe('A personal access token of an administrator of the space.'),
      }),
    )
    .default([])
    .describe('Spaces whose delivery and preview keys may leak; asked in this order.'),
});

export type ContentfulConfig = z.output<typeof configSchema>;

const PERSONAL_TOKEN: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_contentfulpersonalaccesstoken'],
  pattern: /(?<![\w-])CFPAT-[\w-]{43}(?![\w-])/,
  effect: 'token',
};
const CONTENT_KEY: TokenKind = {
  id: 'content-key',
  types: ['gitleaks_rule_id_contentful_delivery_api_token', 'gitleaks_rule_id_contentful_preview_api_token'],
  pattern: /(?<![\w-])[\w-]{43}(?![\w-])/,
  effect: 'wider',
  warning: 'The delivery key and the preview key of the same name are deleted together.',
};

export const contentful: ProviderDefinition<ContentfulConfig> = {
  id: 'contentful',
  title: 'Contentful',
  docs: 'https://www.contentful.com/developers/docs/references/content-management-api/access-tokens',
  stability: 'stable',
  exactness: "its user's only active token with this ending; delivery and preview keys by value",
  proof: 'all hosts refuse the token; the record of the key is gone',
  effect: 'the token only; a delivery key takes its preview key along and waits for approval',
  needs: 'nothing for personal access tokens; a management token of each space for delivery and preview keys',
  types: [...PERSONAL_TOKEN.types, ...CONTENT_KEY.types],
  config: configSchema,
  create({ regions, spaces }, tools) {
    const upstreams = regions.map((region) => tools.upstream(HOSTS[region]));
    const contentKeys = byRecords(
      spaces.map((space) => keeperOf(space, tools)),
      {
        unknown:
          'No configured Contentful space has this key: add its space to providers.contentful.spaces and retry, or dismiss it if the key is gone.',
        rights: 'The management token must belong to an administrator of the space.',
      },
      tools.log,
    );
    return {
      kinds: [PERSONAL_TOKEN, ...(spaces.length > 0 ? [CONTENT_KEY] : [])],
      revoke: (token, step) =>
        step.kind === PERSONAL_TOKEN.id
          ? revokeItself(upstreams, token, step.signal)
          : contentKeys.revoke(token, step),
      verify: (token, step) =>
        step.kind === PERSONAL_TOKEN.id
          ? lookAtItself(upstreams, token, step.signal)
          : contentKeys.verify(token, step),
      check: contentKeys.check,
    };
  },
};

const PAGE_SIZE = 100;
const MAX_PAGES = 20;

const REFUSED_TOKEN = {
  status: 401,
  body: z.object({ sys: z.object({ id: z.literal('AccessTokenInvalid') }) }),
};
const ACCESS_DENIED = { status: 403, body: z.object({ sys: z.object({ id: z.literal('AccessDenied') }) }) };
const NOT_FOUND = z.object({ sys: z.object({ id: z.literal('NotFound') }) });
const USER = z.object({ sys: z.object({ type: z.literal('User') }) });
const TOKEN = z.object({
  revokedAt: z.string().nullish(),
  sys: z.object({ id: z.string().min(1), redactedValue: z.string(), createdAt: z.string() }),
});
const REVOKED = z.object({ revokedAt: z.string(), sys: z.object({ id: z.string() }) });

const NOT_PERMITTED =
  'The token works, but may not revoke itself: its user can revoke it on the page of CMA tokens.';
const AMBIGUOUS =
  'Not exactly one token of this user ends like the leaked one: its user can tell which it is and revoke it on the page of CMA tokens.';

async function revokeItself(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  for (const upstream of upstreams) {
    const call = callsOf(upstream, token, signal);
    const listed = await readList(TOKEN, (query) =>
      call({ method: 'GET', path: '/users/me/access_tokens', query }),
    );
    if (listed === 'refused') continue;
    if (listed === 'denied') return refused('not-permitted', NOT_PERMITTED);
    const ending = token.reveal().slice(-4);
    const matches = listed?.filter(({ revokedAt, sys }) => !revokedAt && sys.redactedValue === ending) ?? [];
    const [match] = matches;
    if (!match || matches.length > 1) {
      const candidates = matches.map(({ sys }) => ({ tokenId: sys.id, createdAt: sys.createdAt }));
      return refused('ambiguous', AMBIGUOUS, { candidates });
    }
    const { id } = match.sys;
    const path = `/users/me/access_tokens/${encodeURIComponent(id)}/revoked`;
    const answer = await call({ method: 'PUT', path });
    if (answer === 'refused') return alreadyInactive({ tokenId: id });
    if (answer === 'denied') return refused('not-permitted', NOT_PERMITTED, { tokenId: id });
    if (answer.json(REVOKED).sys.id !== id) throw unexpected(upstream, answer);
    return revoked({ tokenId: id });
  }
  return alreadyInactive();
}

async function lookAtItself(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<Liveness> {
  for (const upstream of upstreams) {
    const answer = await callsOf(upstream, token, signal)({ method: 'GET', path: '/users/me' });
    if (answer === 'refused') continue;
    if (answer !== 'denied') answer.json(USER);
    return 'alive';
  }
  return 'dead';
}

/** Calls of a token about itself; `refused`: it does not work here, `denied`: it works, but may not do this. */
function callsOf(upstream: Upstream, token: Secret, signal: AbortSignal) {
  return async (request: Pick<UpstreamRequest, 'method' | 'path' | 'query'>) => {
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({ ...request, headers, statuses: [200, 401, 403], signal });
    if (answer.status === 200) return answer;
    if (shows(answer, [REFUSED_TOKEN])) return 'refused';
    if (shows(answer, [ACCESS_DENIED])) return 'denied';
    throw unexpected(upstream, answer);
  };
}

/** All items of a list; undefined when it has more than Quash reads. What is no answer of the list is handed on. */
async function readList<Item, Other extends string>(
  item: z.ZodType<Item>,
  read: (query: { limit: number; skip: number }) => Promise<Answer | Other>,
): Promise<Item[] | Other | undefined> {
  const items: Item[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await read({ limit: PAGE_SIZE, skip: page * PAGE_SIZE });
    if (typeof answer === 'string') return answer;
    const list = answer.json(z.object({ total: z.int(), items: z.array(item) }));
    items.push(...list.items);
    if (list.items.length === 0 || items.length >= list.total) return items;
  }
  return undefined;
}

const API_KEY = z.object({
  sys: z.object({ id: z.string().min(1) }),
  accessToken: z.string(),
  preview_api_key: z.object({ sys: z.object({ id: z.string() }) }).optional(),
});
const PREVIEW_KEY = z.object({ sys: z.object({ id: z.string().min(1) }), accessToken: z.string() });

const NO_RECORD =
  'This preview key has no delivery key that it could be deleted with: delete it in the settings of its space.';
const TOO_MANY = 'This space has more keys than Quash reads: delete the key in the settings of the space.';

function keeperOf(
  { id: space, region, managementToken }: ContentfulConfig['spaces'][number],
  tools: Tools,
): Keeper {
  const call = operatorCalls(tools.upstream(HOSTS[region]), { authorization: bearer(managementToken) });
  const read = <Item>(item: z.ZodType<Item>, list: string, signal: AbortSignal) =>
    readList<Item, never>(item, (query) =>
      call({ method: 'GET', path: `/spaces/${space}/${list}`, query, statuses: [200], signal }),
    );
  const recordPath = (id: string) => `/spaces/${space}/api_keys/${encodeURIComponent(id)}`;
  return {
    name: space,
    own: managementToken,
    async find(token, { signal }) {
      const keys = await read(API_KEY, 'api_keys', signal);
      const delivery = keys?.find(({ accessToken }) => accessToken === token.reveal());
      if (delivery) return delivery.sys.id;
      const previews = await read(PREVIEW_KEY, 'preview_api_keys', signal);
      const preview = previews?.find(({ accessToken }) => accessToken === token.reveal());
      if (!keys || !previews) return refused('ambiguous', TOO_MANY, { space });
      if (!preview) return undefined;
      const owner = keys.find((key) => key.preview_api_key?.sys.id === preview.sys.id);
      return owner?.sys.id ?? refused('manual', NO_RECORD, { space, previewKeyId: preview.sys.id });
    },
    async remove(id, _token, signal) {
      const request = {
        method: 'DELETE',
        path: recordPath(id),
        statuses: [204],
        notFound: NOT_FOUND,
      } as const;
      await call({ ...request, signal });
      return revoked({ space, keyId: id });
    },
    async look(id, _token, signal) {
      const request = { method: 'GET', path: recordPath(id), statuses: [200], notFound: NOT_FOUND } as const;
      const answer = await call({ ...request, signal });
      if (answer.status === 404) return 'dead';
      answer.json(API_KEY);
      return 'alive';
    },
    async probe(signal) {
      await read(API_KEY, 'api_keys', signal);
    },
  };
}
