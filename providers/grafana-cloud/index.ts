/**
 * Grafana Cloud access policy tokens (glc_).
 *
 * Docs: https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/ and the vendor's OpenAPI
 * client, checked 2026-11-21.
 *
 * Experimental: the calls and that names are unique per organisation and region are documented, but not what is
 * inside a token, nor how the API refuses one that is dead.
 *
 * - A token is `glc_` and Base64 of JSON: organisation `o`, name `n`, key `k`, region `m.r`. The name is the token's
 *   own or has that of its access policy in front. The region goes into queries only, never into a host.
 * - A name may be given again after a deletion. So a token has to be alive before its namesake is deleted.
 * - 600 requests an hour are allowed.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^\d{1,12}$/, 'expected the number of an organisation')
          .describe('Id of the organisation, a number.'),
        token: secretText().describe(
          'An access policy token with the scopes `accesspolicies:read` and `accesspolicies:delete`.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose tokens may leak.'),
});

export type GrafanaCloudConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'access-policy-token',
  types: ['gitleaks_rule_id_grafanacloudaccesspolicytoken'],
  pattern: /(?<![\w-])glc_eyJ[A-Za-z0-9+/]{60,600}={0,2}(?![A-Za-z0-9+/=_-])/,
  effect: 'token',
};

export const grafanaCloud: ProviderDefinition<GrafanaCloudConfig> = {
  id: 'grafana-cloud',
  title: 'Grafana Cloud',
  docs: 'https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/',
  stability: 'experimental',
  exactness: 'by organisation, region and name inside the token, while it is alive',
  proof: 'Grafana Cloud refuses the token',
  effect: 'the token only',
  needs: 'an access policy token of each organisation',
  types: KIND.types,
  config: configSchema,
  // Four calls a token at least; a step that reads long lists makes more.
  rate: { steps: 100, perMs: 3_600_000 },
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byRecords(
      organizations.map((organization) => keeperOf(organization, tools)),
      {
        unknown:
          'No configured Grafana Cloud organisation has this token: add its organisation to providers.grafana-cloud.organizations and retry, or dismiss it if the token is gone.',
        rights: 'The token must have the scopes accesspolicies:read and accesspolicies:delete.',
      },
      tools.log,
    ),
  }),
};

const PAGE_SIZE = 100;
const MAX_PAGES = 20;

const CONTENT = z.object({
  o: z.union([z.string(), z.number()]).transform(String),
  n: z.string().min(1),
  m: z.object({ r: z.string().regex(/^[\w-]{1,64}$/) }),
});
const ERROR = z.object({ message: z.string() });
const REFUSED = [{ status: 401, body: ERROR }];
const ALIVE = [
  { status: 200, body: z.object({ items: z.array(z.unknown()) }) },
  { status: 403, body: ERROR },
];
const TOKENS = z.object({
  items: z.array(z.object({ id: z.string().min(1), name: z.string(), accessPolicyId: z.string().min(1) })),
  metadata: z.object({ pagination: z.object({ nextPage: z.string().nullish() }).optional() }).optional(),
});
const POLICY = z.object({ name: z.string() });

const TOO_MANY = 'The organisation has more tokens than Quash reads: delete the token by hand.';
const AMBIGUOUS = 'The token works, but not exactly one has its name: find and delete it by hand.';

function keeperOf(
  { id: orgId, token: own }: GrafanaCloudConfig['organizations'][number],
  tools: Tools,
): Keeper {
  const upstream = tools.upstream('https://www.grafana.com/api');
  const authorization = bearer(own);
  const call = operatorCalls(upstream, { authorization });

  const askItself = async (token: Secret, region: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: '/v1/tokens', query: { region, pageSize: 1 } } as const;
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({ ...request, headers, statuses: [200, 401, 403], signal });
    if (shows(answer, REFUSED)) return 'dead';
    if (shows(answer, ALIVE)) return 'alive';
    throw unexpected(upstream, answer);
  };
  /** All tokens of the region; undefined when there are too many to read. */
  const listTokens = async (region: string, signal: AbortSignal) => {
    const tokens: z.output<typeof TOKENS>['items'] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { region, pageSize: PAGE_SIZE, ...(cursor !== null && { pageCursor: cursor }) };
      const answer = await call({ method: 'GET', path: '/v1/tokens', query, statuses: [200], signal });
      const { items, metadata } = answer.json(TOKENS);
      tokens.push(...items);
      const nextPage = metadata?.pagination?.nextPage;
      if (!nextPage) return tokens;
      cursor = new URLSearchParams(nextPage.split('?')[1]).get('pageCursor');
      if (cursor === null) throw unexpected(upstream, answer);
    }
    return undefined;
  };
  const policyName = async (id: string, region: string, signal: AbortSignal) => {
    const path = `/v1/accesspolicies/${encodeURIComponent(id)}`;
    const answer = await call({ method: 'GET', path, query: { region }, statuses: [200], signal });
    return answer.json(POLICY).name;
  };

  return {
    name: orgId,
    own,
    async find(token, { signal }) {
      const content = contentOf(token);
      if (content?.o !== orgId) return undefined;
      const region = content.m.r;
      if ((await askItself(token, region, signal)) === 'dead') return alreadyInactive({ orgId });
      const tokens = await listTokens(region, signal);
      if (!tokens) return refused('ambiguous', TOO_MANY, { orgId });
      const matches: string[] = [];
      for (const { id, name, accessPolicyId } of tokens) {
        if (name === content.n) matches.push(id);
        else if (content.n.endsWith(`-${name}`)) {
          const policy = await policyName(accessPolicyId, region, signal);
          if (`${policy}-${name}` === content.n) matches.push(id);
        }
      }
      if (matches.length === 1) return matches[0];
      return refused('ambiguous', AMBIGUOUS, { orgId, candidates: matches.map((tokenId) => ({ tokenId })) });
    },
    async remove(id, token, signal) {
      const region = contentOf(token)?.m.r ?? '';
      // Required; the same for a repeated call.
      const headers = { authorization, 'x-request-id': createHash('sha256').update(id).digest('hex') };
      const path = `/v1/tokens/${encodeURIComponent(id)}`;
      const send = operatorCalls(upstream, headers);
      const request = { method: 'DELETE', path, query: { region }, notFound: ERROR } as const;
      const answer = await send({ ...request, statuses: [200, 204], signal });
      if (answer.status === 200) answer.json(z.looseObject({}));
      return revoked({ orgId, tokenId: id });
    },
    look: (_id, token, signal) => askItself(token, contentOf(token)?.m.r ?? '', signal),
    async probe(signal) {
      const query = { region: 'us', pageSize: 1 };
      await call({ method: 'GET', path: '/v1/tokens', query, statuses: [200], signal });
    },
  };
}

/** What a token says of itself; undefined when it is no token. */
function contentOf(token: Secret): z.output<typeof CONTENT> | undefined {
  try {
    const text = Buffer.from(token.reveal().slice('glc_'.length), 'base64').toString();
    return CONTENT.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
