import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { AtlassianConfig } from './config.ts';
import { atlassian } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = `${['ATA', 'TT3'].join('')}${'k3y9-_'.repeat(31)}`;
/** As they were given until 2023. */
export const SHORT_TOKEN = 'k3y9Ab'.repeat(4);
export const ADMIN_KEY = 'admin-key-'.repeat(4);
export const CONTEXT = 'JIRA_USER=alice@example.com\nJIRA_TOKEN=…\n# ask bob@example.com';
const ACCOUNT = '5b10a2844c20165700ede21g';
const JSON_TYPE = 'application/json';
const ANY_TYPE = '*/*';

export const myself = (email: string, status: number, json: unknown, token = TOKEN): Exchange => ({
  expect: {
    method: 'GET',
    path: '/acme.atlassian.net/rest/api/3/myself',
    headers: { authorization: `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` },
  },
  answer: { status, json },
});
const admin = (method: 'GET' | 'DELETE', path: string, status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `/api.atlassian.com/users/${ACCOUNT}/manage/api-tokens${path}`,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: method === 'GET' ? JSON_TYPE : ANY_TYPE },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const list = (...tokens: readonly { id: string; expiry?: string }[]): Exchange =>
  admin(
    'GET',
    '',
    200,
    tokens.map((token) => ({ label: 'CI', createdAt: '2025-04-12T23:20:50.522Z', ...token })),
  );

const stranger = myself('alice@example.com', 401, { message: 'Client must be authenticated.' });
export const owner = myself('bob@example.com', 200, { accountId: ACCOUNT, emailAddress: 'bob@example.com' });
export const found = [stranger, owner];
const expired = { id: 'old', expiry: '2001-01-01T00:00:00.000Z' };
const LEAKED = { id: 't-1', expiry: '2999-01-01T00:00:00.000Z' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
export const gone = myself('bob@example.com', 401, {});
const nobody = [stranger, gone];

export const config = () => ({
  sites: ['https://acme.atlassian.net'],
  domains: ['example.com'],
  organizationKey: ADMIN_KEY,
});

export const KEY = `${['ATC', 'TT3'].join('')}${'k3y9-_'.repeat(20)}=0A1B2C3D`;
export const ORGANIZATION = 'a1b2c3d4-e5f6-7890-abcd-ef1234567890';
export const keyConfig = () => ({ ...config(), organizationKeyId: 'own' });
export const organizations = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.atlassian.com/admin/v1/orgs',
    headers: { authorization: `Bearer ${KEY}`, accept: JSON_TYPE },
  },
  answer: { status, json },
});
const keyCall = (method: 'GET' | 'PATCH', path: string, status: number, json?: unknown): Exchange => ({
  expect: {
    method,
    path: `/api.atlassian.com/admin/api-access/v1/orgs/${ORGANIZATION}/api-keys${path}`,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: method === 'GET' ? JSON_TYPE : ANY_TYPE },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const keys = (data: readonly object[], next: string | null = null) =>
  keyCall('GET', '?pageSize=100', 200, { data, links: { self: '', next, prev: null } });
export const OWN_KEY = { id: 'own', label: 'quash', expiresAt: '2999-01-01T00:00:00.000Z' };
export const LEAKED_KEY = { id: 'k-1', label: 'ci', expiresAt: '2999-01-01T00:00:00.000Z' };
const REVOKED_KEY = { ...LEAKED_KEY, id: 'k-0', revocationDate: '2026-01-01T00:00:00.000Z' };
export const own = (status: number, json: unknown): Exchange => ({
  expect: {
    method: 'GET',
    path: '/api.atlassian.com/admin/v1/orgs',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, accept: JSON_TYPE },
  },
  answer: { status, json },
});
const one = (id: string) => ({ data: [{ id, type: 'orgs' }], links: {} });
const accepted = organizations(200, one(ORGANIZATION));
export const works = [accepted, own(200, one(ORGANIZATION))];
export const worksElsewhere = [accepted, own(200, one('0a0b0c0d-0000-4000-8000-00c0ffee0001'))];
/** As it also refuses API tokens that have scopes. */
export const OUT_OF_SCOPE = { code: 401, message: 'Unauthorized; scope does not match' };
export const refusedKey = organizations(401, { code: 401, message: 'Unauthorized' });
const seenKey = [...works, keys([REVOKED_KEY, OWN_KEY, LEAKED_KEY])];

/** The last call, a log-in once the list no longer has the token, is denied in whatever way. */
const deniedAtLast = (call: number) => ({
  call,
  faults: ['html', 'bad-json', 'html-401', 'html-403'] as const,
  because: 'the list has said that the token is gone',
  endsAs: { outcome: 'revoked', verified: true } as const,
});

const short = (status: number, json: unknown) => myself('carol@example.com', status, json, SHORT_TOKEN);
/** Of another user, as both may be under way at once. */
const CAROL = '6c21b3954d31276811fefa32';
const carols = ({ expect: call, answer }: Exchange): Exchange => ({
  expect: { ...call, path: call.path.replace(ACCOUNT, CAROL) },
  answer,
});
const owned = short(200, { accountId: CAROL });
const carolsList = (...tokens: readonly { id: string }[]) => carols(list(...tokens));

export const cases: readonly ProviderSpec<AtlassianConfig>[] = [
  {
    definition: atlassian,
    config,
    token: TOKEN,
    credentials: [ADMIN_KEY],
    context: CONTEXT,
    kind: 'api-token',
    idShownBy: 'The answer to the log-in names the account, whatever address it was made with.',
    type: 'gitleaks_rule_id_atlassianuserapitoken',
    scripts: {
      revoked: {
        exchanges: [
          ...found,
          list(expired, LEAKED),
          list(expired, LEAKED),
          // With the address that has let it in.
          owner,
          list(expired, LEAKED),
          admin('DELETE', '/t-1', 204),
          list(expired),
          gone,
        ],
      },
      alreadyDead: {
        exchanges: nobody,
        // No site says more of a dead token than of one with another user.
        endsAs: UNKNOWN,
      },
      unknownToken: { exchanges: nobody, endsAs: UNKNOWN },
      credentialRefused: { exchanges: [...found, admin('GET', '', 401, { message: 'Unauthorized' })] },
      forbidden: { exchanges: [...found, admin('GET', '', 403, { message: 'Forbidden' })] },
      // It never happens so: the note is on record before anything is deleted.
      secondCall: { exchanges: nobody, endsAs: UNKNOWN },
    },
    settledBy: { call: 7, because: 'the list has said that the token is gone' },
    faultOverrides: [
      {
        call: 0,
        faults: ['html', 'bad-json', 'html-401'] as const,
        because: 'a site that does not let an address in is followed by the next one',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [gone],
        endsAs: UNKNOWN,
      },
      {
        call: 0,
        faults: ['html-403'] as const,
        because: 'a captcha or a blocked address keeps no other address from being tried',
        // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
        then: [gone],
        endsAs: { failure: 'suspended' } as const,
      },
      deniedAtLast(8),
    ],
  },
  {
    definition: atlassian,
    config,
    token: SHORT_TOKEN,
    credentials: [ADMIN_KEY],
    context: 'carol@example.com',
    kind: 'api-token',
    idShownBy: 'The answer to the log-in names the account, whatever address it was made with.',
    type: 'gitleaks_rule_id_atlassian-api-token',
    scripts: {
      revoked: {
        exchanges: [
          owned,
          carolsList(LEAKED),
          carolsList(LEAKED),
          owned,
          carolsList(LEAKED),
          carols(admin('DELETE', '/t-1', 204)),
          carolsList(),
          short(401, {}),
        ],
      },
      alreadyDead: { exchanges: [short(401, {})], endsAs: UNKNOWN },
      unknownToken: { exchanges: [short(401, {})], endsAs: UNKNOWN },
      credentialRefused: {
        exchanges: [owned, carols(admin('GET', '', 401, { message: 'Unauthorized' }))],
      },
      forbidden: { exchanges: [owned, carols(admin('GET', '', 403, { message: 'Forbidden' }))] },
      secondCall: { exchanges: [short(401, {})], endsAs: UNKNOWN },
    },
    settledBy: { call: 6, because: 'the list has said that the token is gone' },
    faultOverrides: [
      ...[0, 3].flatMap((call) => [
        {
          call,
          faults: ['html-401'] as const,
          because: 'a site proves nothing by a 401, whatever the body',
          endsAs: UNKNOWN,
        },
        {
          call,
          faults: ['html-403'] as const,
          because: 'a captcha or a blocked address may pass',
          endsAs: { failure: 'suspended' } as const,
        },
      ]),
      deniedAtLast(7),
    ],
  },
  {
    definition: atlassian,
    config: keyConfig,
    token: KEY,
    credentials: [ADMIN_KEY],
    kind: 'organization-key',
    type: 'gitleaks_rule_id_atlassianapikey',
    scripts: {
      revoked: {
        exchanges: [...seenKey, ...seenKey, keyCall('PATCH', '/revoke/k-1', 200, {}), refusedKey],
      },
      alreadyDead: { exchanges: [refusedKey], endsAs: UNKNOWN },
      unknownToken: { exchanges: [refusedKey], endsAs: UNKNOWN },
      credentialRefused: { exchanges: [accepted, own(401, {})] },
      forbidden: { exchanges: [...works, keyCall('GET', '?pageSize=100', 403, {})] },
      secondCall: { exchanges: [refusedKey], endsAs: UNKNOWN },
    },
  },
];
