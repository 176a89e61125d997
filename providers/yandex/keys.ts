/** API keys and static access keys of service accounts, which an operator deletes. */
import { z } from 'zod';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { ListRequest, Operator } from './operator.ts';
import { isPair } from './s3.ts';

const types = (...rules: readonly string[]) => rules.map((rule) => `gitleaks_rule_id_${rule}`);

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: types('yandex.cloud_api_key', 'yandex-api-key'),
  pattern: /(?<![\w-])AQVN[\w-]{35,38}(?![\w-])/,
  effect: 'token',
};
export const STATIC_KEY: TokenKind = {
  id: 'static-key-secret',
  types: types('yandex.cloud_aws_api_compatible_access_secret', 'yandex-aws-access-token'),
  pattern: /(?<![\w-])YC[\w-]{38}(?![\w-])/,
  effect: 'token',
};

const KEY_ID = /(?<![\w-])YCA[\w-]{22}(?![\w-])/g;
const MAX_CANDIDATES = 8;
const MAX_SERVICE_ACCOUNTS = 300;
const VISIBLE = 6;

const SERVICE_ACCOUNTS = { path: '/iam/v1/serviceAccounts', name: 'serviceAccounts' };
const API_KEYS = { path: '/iam/v1/apiKeys', name: 'apiKeys' };
const STATIC_KEYS = { path: '/iam/aws-compatibility/v1/accessKeys', name: 'accessKeys' };

const SERVICE_ACCOUNT = z.object({ id: z.string() });
const API_KEY_RECORD = z.object({ id: z.string(), maskedSecret: z.string().optional() });
const STATIC_KEY_RECORD = z.object({ id: z.string(), keyId: z.string() });

const NO_KEY_ID = refused(
  'needs-context',
  'Static access keys are found by their key id (YCA…), and none near the secret belongs to it: delete the key by hand, or dismiss this if it is gone.',
);
const TOO_MANY = refused(
  'needs-context',
  'There are too many service accounts or keys to look for this one: delete it by hand in the console.',
);
const AMBIGUOUS =
  'Several API keys end like this one: find out by hand which of them leaked, and delete that one.';

/** @param name shown and stored: the operator's service account */
export function keeperOf(
  name: string,
  folderIds: readonly string[],
  operator: Operator,
  tools: Tools,
): Keeper {
  /** What all service accounts of the folders have; undefined where that is too much. */
  const ofAll = async <T>(
    { path, name: list }: typeof API_KEYS,
    item: ListRequest<T>['item'],
    signal: AbortSignal,
  ): Promise<readonly T[] | undefined> => {
    const accounts: string[] = [];
    for (const folderId of folderIds) {
      const query = { folderId };
      const found = await operator.list({ ...SERVICE_ACCOUNTS, query, item: SERVICE_ACCOUNT }, signal);
      if (!found || accounts.length + found.length > MAX_SERVICE_ACCOUNTS) return undefined;
      accounts.push(...found.map(({ id }) => id));
    }
    const items: T[] = [];
    for (const serviceAccountId of accounts) {
      const found = await operator.list({ path, name: list, query: { serviceAccountId }, item }, signal);
      if (!found) return undefined;
      items.push(...found);
    }
    return items;
  };

  const findApiKey = async (
    token: Secret,
    signal: AbortSignal,
  ): Promise<RevokeResult | string | undefined> => {
    const keys = await ofAll(API_KEYS, API_KEY_RECORD, signal);
    if (!keys) return TOO_MANY;
    const ending = `****${token.reveal().slice(-VISIBLE)}`;
    const alike = keys.filter(({ maskedSecret }) => maskedSecret === ending);
    if (alike.length > 1) {
      return refused('ambiguous', AMBIGUOUS, { candidates: alike.map(({ id }) => ({ id })) });
    }
    return alike[0] && recordPath(API_KEYS.path, alike[0].id);
  };

  const findStaticKey = async (token: Secret, step: Step): Promise<RevokeResult | string | undefined> => {
    const text = (await step.context())?.reveal() ?? '';
    const candidates = [...new Set([...text.matchAll(KEY_ID)].map(([match]) => match))];
    for (const keyId of candidates.slice(0, MAX_CANDIDATES)) {
      if (!(await isPair(keyId, token, tools, step.signal))) continue;
      const keys = await ofAll(STATIC_KEYS, STATIC_KEY_RECORD, step.signal);
      if (!keys) return TOO_MANY;
      const key = keys.find((each) => each.keyId === keyId);
      return key && recordPath(STATIC_KEYS.path, key.id);
    }
    return NO_KEY_ID;
  };

  return {
    name,
    find: (token, step) =>
      step.kind === API_KEY.id ? findApiKey(token, step.signal) : findStaticKey(token, step),
    async remove(path, _token, signal) {
      await operator.remove(path, signal);
      return revoked({ record: path });
    },
    look: async (path, _token, signal) => ((await operator.exists(path, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      for (const folderId of folderIds) {
        await operator.list({ ...SERVICE_ACCOUNTS, query: { folderId }, item: SERVICE_ACCOUNT }, signal);
      }
    },
  };
}

function recordPath(list: string, id: string): string {
  return `${list}/${encodeURIComponent(id)}`;
}
