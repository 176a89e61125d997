/**
 * Grafana service account tokens, on the operator's own instances (Grafana Cloud stacks too).
 *
 * Docs: https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/, and Grafana's source for what a
 * token is told of itself; checked 2026-11-21.
 *
 * - No list shows anything of a token's text. A token that works can say which service account it is of; if that has
 *   one active token only, it is that one. Else a person has to choose.
 * - Tokens cannot be disabled, only deleted; disabling the service account would hit its other tokens.
 * - In older versions (before 11) a token cannot ask for its service account (404).
 * - A deleted token is as unknown as one of another instance; an expired or revoked one is called so.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { baseUrl } from '../../src/provider/tenants.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

const configSchema = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the instance, with its sub-path where it has one.'),
        orgId: z.int().min(1).default(1).describe('Id of the organisation of the token.'),
        token: secretText().describe(
          'A service account token with `serviceaccounts:read` and `serviceaccounts:write`.',
        ),
      }),
    )
    .default([])
    .describe('Instances, and their organisations, whose service account tokens may leak.'),
});

export type GrafanaConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'service-account-token',
  types: ['gitleaks_rule_id_grafanaserviceaccounttoken'],
  pattern: /(?<![\w-])glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}(?![\w-])/,
  effect: 'token',
};

export const grafana: ProviderDefinition<GrafanaConfig> = {
  id: 'grafana',
  title: 'Grafana',
  docs: 'https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
  stability: 'beta',
  exactness: 'the only active token of the service account that the token says it is of',
  proof: 'the instance that knew the token refuses it',
  effect: 'the token only',
  needs: 'the URL of each instance and a service account token that may manage service accounts',
  types: KIND.types,
  config: configSchema,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? [KIND] : [],
    ...byRecords(
      instances.map((instance) => keeperOf(instance, tools)),
      {
        unknown:
          'No configured Grafana organisation knows this token: add its instance to providers.grafana.instances and retry, or dismiss it if the token is gone.',
        rights: 'The token must have the permissions serviceaccounts:read and serviceaccounts:write.',
      },
      tools.log,
    ),
  }),
};

const PER_PAGE = 1000;
const MAX_PAGES = 20;

const SELF = z.object({ login: z.string().min(1), orgId: z.int() });
const MESSAGE = z.object({ message: z.string() });
const ENDED = [
  { status: 401, body: z.object({ messageId: z.enum(['api-key.expired', 'api-key.revoked']) }) },
];
const REFUSED = [{ status: 401, body: MESSAGE }];
const NOT_TOLD = [{ status: 404, body: MESSAGE }];
const ACCOUNTS = z.object({
  totalCount: z.int(),
  serviceAccounts: z.array(z.object({ id: z.int(), login: z.string() })),
});
const TOKENS = z.array(
  z.object({
    id: z.int(),
    created: z.string(),
    lastUsedAt: z.string().nullish(),
    hasExpired: z.boolean(),
    isRevoked: z.boolean().nullish(),
  }),
);

const TOO_OLD =
  'The token works, but this Grafana does not say of which service account it is: delete it by hand.';
const SEVERAL =
  'The token works, and its service account has several tokens: find out which one leaked and delete it, or delete them all.';

function keeperOf({ url, orgId, token: own }: GrafanaConfig['instances'][number], tools: Tools): Keeper {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: bearer(own) });
  const place = { instance: upstream.base, orgId };

  const askItself = (token: Secret, signal: AbortSignal) => {
    const headers = { authorization: bearer(token) };
    return upstream.request({ method: 'GET', path: '/api/user', headers, statuses: [200, 401, 404], signal });
  };
  const accountPage = async (page: number, signal: AbortSignal) => {
    const query = { perpage: PER_PAGE, page };
    const path = '/api/serviceaccounts/search';
    return (await call({ method: 'GET', path, query, statuses: [200], signal })).json(ACCOUNTS);
  };
  /** Logins are unique within an instance. */
  const accountId = async (login: string, signal: AbortSignal): Promise<number | undefined> => {
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { serviceAccounts, totalCount } = await accountPage(page, signal);
      const account = serviceAccounts.find((each) => each.login === login);
      if (account || page * PER_PAGE >= totalCount) return account?.id;
    }
    return undefined;
  };
  const activeTokens = async (account: number, signal: AbortSignal) => {
    const path = `/api/serviceaccounts/${account}/tokens`;
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    return answer.json(TOKENS).filter(({ hasExpired, isRevoked }) => !hasExpired && !isRevoked);
  };

  return {
    name: `${upstream.base} organisation ${orgId}`,
    own,
    async find(token, { signal }) {
      const itself = await askItself(token, signal);
      if (shows(itself, ENDED)) return alreadyInactive(place);
      if (shows(itself, REFUSED)) return undefined;
      if (shows(itself, NOT_TOLD)) return refused('unsupported-kind', TOO_OLD, place);
      const { login, orgId: itsOrgId } = itself.json(SELF);
      const account = itsOrgId === orgId ? await accountId(login, signal) : undefined;
      if (account === undefined) return undefined;
      const tokens = await activeTokens(account, signal);
      const [only] = tokens;
      if (only && tokens.length === 1) return `${account}/tokens/${only.id}`;
      const candidates = tokens.map(({ id, created, lastUsedAt }) => ({
        tokenId: id,
        createdAt: created,
        lastUsedAt: lastUsedAt ?? null,
      }));
      return refused('ambiguous', SEVERAL, { ...place, serviceAccountId: account, candidates });
    },
    async remove(id, _token, signal) {
      const path = `/api/serviceaccounts/${id}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ ...place, record: id });
    },
    async look(_id, token, signal) {
      const itself = await askItself(token, signal);
      if (shows(itself, REFUSED)) return 'dead';
      if (itself.status !== 200) throw unexpected(upstream, itself);
      itself.json(SELF);
      return 'alive';
    },
    async probe(signal) {
      await accountPage(1, signal);
    },
  };
}
