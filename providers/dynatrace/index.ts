/**
 * Dynatrace access tokens (dt0c01, of an environment) and platform tokens (dt0s16, of an account).
 *
 * Docs: https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens and
 * https://docs.dynatrace.com/docs/dynatrace-api/account-management-api/platform-tokens-api, checked 2026-11-21.
 *
 * - Tokens are disabled, not deleted: as dead as deleted ones, and their record goes on saying so.
 * - Access tokens are looked up by value. A platform token's id is its public part, `dt0s16.XXXXXXXX`.
 * - A token of another environment or account is as unknown as a deleted one.
 * - Platform tokens are managed with an OAuth client of the account, whose own tokens live for minutes.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, credentialFailure, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { baseUrl } from '../../src/provider/tenants.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const configSchema = z.strictObject({
  environments: z
    .array(
      z.strictObject({
        url: baseUrl().describe(
          'Of the environment, e.g. https://abc12345.live.dynatrace.com or https://dynatrace.example.com/e/ENVIRONMENT.',
        ),
        token: secretText().describe(
          'An access token with the scopes `apiTokens.read` and `apiTokens.write`.',
        ),
      }),
    )
    .default([])
    .describe('Environments whose access tokens may leak; asked in this order.'),
  accounts: z
    .array(
      z.strictObject({
        uuid: z.uuid().describe('UUID of the account.'),
        clientId: z.string().min(1).describe('Id of an OAuth client of the account.'),
        clientSecret: secretText().describe(
          'Its secret; the client needs `account-idm-read` and `account-idm-write`.',
        ),
      }),
    )
    .default([])
    .describe('Accounts whose platform tokens may leak; asked in this order.'),
});

export type DynatraceConfig = z.output<typeof configSchema>;

const ACCESS_TOKEN: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_dynatrace-api-token'],
  pattern: /(?<![\w.-])dt0c01\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
};
const PLATFORM_TOKEN: TokenKind = {
  id: 'platform-token',
  types: ['gitleaks_rule_id_dynatraceplatformtoken'],
  pattern: /(?<![\w.-])dt0s16\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}(?![\w-])/,
  effect: 'token',
};

export const dynatrace: ProviderDefinition<DynatraceConfig> = {
  id: 'dynatrace',
  title: 'Dynatrace',
  docs: 'https://docs.dynatrace.com/docs/dynatrace-api/environment-api/tokens-v2/api-tokens',
  stability: 'stable',
  exactness: 'access tokens by value, platform tokens by the id inside them',
  proof: "the token's record says that it is disabled",
  effect: 'the token only',
  needs:
    'an access token of each environment for access tokens, an OAuth client of each account for platform tokens',
  types: [...ACCESS_TOKEN.types, ...PLATFORM_TOKEN.types],
  config: configSchema,
  create({ environments, accounts }, tools) {
    const accessTokens = byRecords(
      environments.map((environment) => environmentKeeper(environment, tools)),
      {
        unknown:
          'No configured Dynatrace environment knows this token: add its environment to providers.dynatrace.environments and retry, or dismiss it if the token is gone.',
        rights: 'The access token must have the scopes apiTokens.read and apiTokens.write.',
      },
      tools.log,
    );
    const platformTokens = byRecords(
      accounts.map((account) => accountKeeper(account, tools)),
      {
        unknown:
          'No configured Dynatrace account knows this token: add its account to providers.dynatrace.accounts and retry, or dismiss it if the token is gone.',
        rights: 'The OAuth client must have the scopes account-idm-read and account-idm-write.',
      },
      tools.log,
    );
    const of = (kind: string) => (kind === PLATFORM_TOKEN.id ? platformTokens : accessTokens);
    return {
      kinds: [
        ...(environments.length > 0 ? [ACCESS_TOKEN] : []),
        ...(accounts.length > 0 ? [PLATFORM_TOKEN] : []),
      ],
      revoke: (token, step) => of(step.kind).revoke(token, step),
      verify: (token, step) => of(step.kind).verify(token, step),
      check: async (signal) => [
        ...(await accessTokens.check(signal)),
        ...(await platformTokens.check(signal)),
      ],
    };
  },
};

const API_TOKEN = z.object({ id: z.string().min(1), enabled: z.boolean() });
const ENVELOPE = z.object({ error: z.object({ code: z.literal(404) }) });

function environmentKeeper(
  { url, token: own }: DynatraceConfig['environments'][number],
  tools: Tools,
): Keeper {
  const upstream = tools.upstream(url);
  const name = upstream.base;
  const call = operatorCalls(upstream, { authorization: new Secret(`Api-Token ${own.reveal()}`) });
  const lookUp = async (token: Secret, signal: AbortSignal) => {
    const path = '/api/v2/apiTokens/lookup';
    const request = {
      method: 'POST',
      path,
      json: { token },
      statuses: [200],
      notFound: ENVELOPE,
      signal,
    } as const;
    const answer = await call(request);
    return answer.status === 404 ? undefined : answer.json(API_TOKEN);
  };
  return {
    name,
    own,
    async find(token, { signal }) {
      const record = await lookUp(token, signal);
      return record?.enabled === false
        ? alreadyInactive({ environment: name, tokenId: record.id })
        : record?.id;
    },
    async remove(id, _token, signal) {
      const path = `/api/v2/apiTokens/${encodeURIComponent(id)}`;
      const json = { enabled: false };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: ENVELOPE, signal });
      return revoked({ environment: name, tokenId: id });
    },
    async look(_id, token, signal) {
      const record = await lookUp(token, signal);
      return record?.enabled ? 'alive' : 'dead';
    },
    async probe(signal) {
      await lookUp(own, signal);
    },
  };
}

const GRANT = z.object({ access_token: z.string().min(1) });
const OAUTH_ERROR = z.object({ error: z.string() });
const PLATFORM_TOKENS = z.object({
  total: z.int(),
  results: z.array(z.object({ tokenId: z.string(), status: z.string() })),
});
const NO_RECORD = z.object({ error: z.unknown() }).or(z.object({ message: z.string() }));
const PAGE_SIZE = 100;

function accountKeeper(account: DynatraceConfig['accounts'][number], tools: Tools): Keeper {
  const { uuid, clientId, clientSecret } = account;
  const login = tools.upstream('https://sso.dynatrace.com');
  const upstream = tools.upstream('https://api.dynatrace.com');
  const tokens = `/iam/v1/accounts/${uuid}/platform-tokens`;

  const logIn = async (signal: AbortSignal) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'account-idm-read account-idm-write',
      resource: `urn:dtaccount:${uuid}`,
    };
    const path = '/sso/oauth2/token';
    const answer = await login.request({
      method: 'POST',
      path,
      form,
      statuses: [200, 400, 401, 403],
      signal,
    });
    if (answer.status === 400 && !answer.maybeJson(OAUTH_ERROR)) throw unexpected(login, answer);
    if (answer.status === 403) throw credentialFailure(login, answer);
    if (answer.status !== 200) {
      throw new Failure('credential-refused', { target: login.base, status: answer.status });
    }
    return operatorCalls(upstream, { authorization: bearer(new Secret(answer.json(GRANT).access_token)) });
  };
  const search = async (searchTerm: string, signal: AbortSignal) => {
    const call = await logIn(signal);
    const query = { searchTerm, page: 1, size: PAGE_SIZE };
    return call({ method: 'GET', path: tokens, query, statuses: [200], signal });
  };
  /** The search also hits names and scopes, so ids are compared, and a result that is cut off says nothing. */
  const statusOf = async (tokenId: string, signal: AbortSignal) => {
    const answer = await search(tokenId, signal);
    const { total, results } = answer.json(PLATFORM_TOKENS);
    const status = results.find((each) => each.tokenId === tokenId)?.status;
    if (status === undefined && total > results.length) throw unexpected(upstream, answer);
    return status;
  };
  return {
    name: uuid,
    async find(token, { signal }) {
      const tokenId = publicPart(token);
      const status = await statusOf(tokenId, signal);
      if (status === 'INACTIVE') return alreadyInactive({ account: uuid, tokenId });
      if (status === undefined || status === 'ACTIVE') return status && tokenId;
      return refused(
        'manual',
        'This platform token is in a state that Quash does not know: look at it in the account.',
      );
    },
    async remove(tokenId, _token, signal) {
      const call = await logIn(signal);
      const path = `${tokens}/${encodeURIComponent(tokenId)}/status`;
      const json = { status: 'INACTIVE' };
      await call({ method: 'PUT', path, json, statuses: [204], notFound: NO_RECORD, signal });
      return revoked({ account: uuid, tokenId });
    },
    look: async (tokenId, _token, signal) =>
      (await statusOf(tokenId, signal)) === 'ACTIVE' ? 'alive' : 'dead',
    async probe(signal) {
      await search('dt0s16', signal);
    },
  };
}

/** `dt0s16.XXXXXXXX`, which names the token and is no secret. */
function publicPart(token: Secret): string {
  return token.reveal().split('.').slice(0, 2).join('.');
}
