/**
 * Yandex Cloud: IAM tokens, which revoke themselves; API keys and static access keys, which an operator deletes.
 *
 * Docs: https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke, .../iam/api-ref/ApiKey,
 * .../iam/awscompatibility/api-ref/AccessKey; checked 2026-11-21.
 *
 * - Two rules of GitLab report IAM tokens (`t1.`) and session cookies (`c1.`) under names that do not tell them apart;
 *   the prefix does. No call revokes a cookie.
 * - Errors are those of gRPC: code 16 says that the token is not valid (any more), code 7 that it lacks a right.
 * - IAM tokens live 12 hours at most.
 * - No call finds a key by its value, so the keys of all service accounts of the configured folders are listed.
 * - An API key is shown with its last six characters; only the one key that ends so is deleted.
 * - A static key is shown with its key id (`YCA…`), which is not what leaks. It is taken from the lines around the leak,
 *   and Object Storage must take what the two sign: a lack of rights is said only of a signature that is right.
 * - Neither kind can be disabled. A deleted key is as unknown as one of another folder.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit.ts';
import { byRecords } from '../../src/provider/operator-records.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import { API_KEY, keeperOf, STATIC_KEY } from './keys.ts';
import { createOperator, parseKey, type SignJwt, signJwt } from './operator.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        key: secretText().describe(
          'The JSON file of an authorized key; its service account needs iam.serviceAccounts.admin in the folders.',
        ),
        folderIds: z
          .array(z.string().regex(/^[\w-]{1,50}$/, 'expected the id of a folder'))
          .min(1)
          .describe('Folders whose service accounts are searched.'),
      }),
    )
    .default([])
    .describe('For API keys and static access keys; without one only IAM tokens are revoked.'),
});

export type YandexConfig = z.output<typeof config>;

const TYPES = ['yandex.cloud_iam_cookie_v1_-_1', 'yandex.cloud_iam_cookie_v1_-_3', 'yandex-access-token'].map(
  (rule) => `gitleaks_rule_id_${rule}`,
);

const OWN_KINDS: readonly TokenKind[] = [
  {
    id: 'iam-token',
    types: TYPES,
    pattern: /(?<![\w.-])t1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
  },
  {
    id: 'session-cookie',
    types: TYPES,
    pattern: /(?<![\w.-])c1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
  },
];
const KEY_KINDS = [API_KEY, STATIC_KEY];

const COOKIE = refused(
  'unsupported-kind',
  'Yandex Cloud has no call that ends a session by its cookie: its user must sign out on all devices.',
);

const REVOKED = [{ status: 200, body: z.object({ subjectId: z.string() }) }];
const DEAD = [{ status: 401, body: z.object({ code: z.literal(16), message: z.string() }) }];
const ALIVE = [
  // An empty list of clouds is left out.
  {
    status: 200,
    body: z.strictObject({ clouds: z.array(z.unknown()).optional(), nextPageToken: z.string().optional() }),
  },
  { status: 403, body: z.object({ code: z.literal(7), message: z.string() }) },
];

export const yandex: ProviderDefinition<YandexConfig> = {
  id: 'yandex',
  title: 'Yandex Cloud',
  docs: 'https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke',
  stability: 'beta',
  exactness:
    'IAM tokens by value; the only API key with that ending; static keys by a signature of both halves',
  proof: 'Yandex Cloud does not let the IAM token in any more, or no longer has the key',
  effect: 'the token or key only',
  needs: 'nothing for IAM tokens; for keys an authorized key of a service account',
  types: [...TYPES, ...KEY_KINDS.flatMap(({ types }) => types)],
  config,
  create: (config, tools) => createYandex(config, tools, signJwt),
};

/** @param sign a parameter because its result is another one each time */
export function createYandex({ accounts }: YandexConfig, tools: Tools, sign: SignJwt): Provider {
  const keepers = accounts.map(({ key, folderIds }, index) => {
    const parsed = parseKey(key);
    if (!parsed) throw new ConfigFault(['accounts', index, 'key'], 'expected the JSON of an authorized key');
    return keeperOf(parsed.serviceAccountId, folderIds, createOperator(parsed, sign, tools), tools);
  });
  const advice = {
    unknown:
      'No configured folder has this key: add its folder to providers.yandex.accounts and retry, or dismiss this if the key is gone.',
    rights:
      'The authorized key must be valid, and its service account be iam.serviceAccounts.admin in the folders.',
  };
  const keys = byRecords(keepers, advice, tools.log);
  const tokens = ownTokens(tools);
  const isKey = (kind: string) => KEY_KINDS.some(({ id }) => id === kind);
  return {
    kinds: [...OWN_KINDS, ...(keepers.length > 0 ? KEY_KINDS : [])],
    revoke: (token, step) => (isKey(step.kind) ? keys : tokens).revoke(token, step),
    verify: (token, step) => (isKey(step.kind) ? keys : tokens).verify(token, step),
    check: keys.check,
  };
}

function ownTokens(tools: Tools): Required<Pick<Provider, 'revoke' | 'verify'>> {
  const iam = tools.upstream('https://iam.api.cloud.yandex.net');
  const clouds = tools.upstream('https://resource-manager.api.cloud.yandex.net');
  return {
    async revoke(token, { kind, signal }) {
      if (kind === 'session-cookie') return COOKIE;
      const answer = await iam.request({
        method: 'POST',
        path: '/iam/v1/tokens:revoke',
        headers: { authorization: bearer(token) },
        json: { iamToken: token },
        statuses: [200, 401],
        signal,
      });
      if (shows(answer, REVOKED)) return revoked();
      if (shows(answer, DEAD)) return alreadyInactive();
      throw unexpected(iam, answer);
    },
    async verify(token, { signal }) {
      const answer = await clouds.request({
        method: 'GET',
        path: '/resource-manager/v1/clouds',
        query: { pageSize: 1 },
        headers: { authorization: bearer(token) },
        statuses: [200, 401, 403],
        signal,
      });
      if (shows(answer, DEAD)) return 'dead';
      if (shows(answer, ALIVE)) return 'alive';
      throw unexpected(clouds, answer);
    },
  };
}
