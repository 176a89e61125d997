/**
 * Volcengine access keys, which are disabled by an operator's access key of the same account.
 *
 * Docs: https://www.volcengine.com/docs/6257/65003 (UpdateAccessKey), 65002 (ListAccessKeys), 65008 (ListUsers),
 * https://www.volcengine.com/docs/6396/1253687 (error codes); checked 2026-11-21.
 *
 * - What is reported is the key's id (`AKLT…`), which no call turns into its user: it is looked for in the lists of the
 *   credential's own keys and of those of all IAM users. Keys of the main account are seen by the main account only.
 * - What becomes of a call with a disabled key is not documented, so the list is the proof.
 * - Everything is a GET with the parameters in the query string, the key id among them.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/secret.ts';
import { signedHeaders } from './sign.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        accessKeyId: z
          .string()
          .regex(/^AKLT[\w-]+$/, 'expected AKLT…')
          .describe('Of a user with iam:ListUsers, iam:ListAccessKeys and iam:UpdateAccessKey.'),
        secretAccessKey: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Accounts whose access keys may leak; asked in this order.'),
});

export type VolcengineConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-key-id',
  types: ['gitleaks_rule_id_volcengineaccesskeyid'],
  pattern: /(?<![\w-])AKLT[\w-]{40,60}={0,2}(?![\w=-])/,
  effect: 'token',
};

export const volcengine: ProviderDefinition<VolcengineConfig> = {
  id: 'volcengine',
  title: 'Volcengine',
  docs: 'https://www.volcengine.com/docs/6257/65003',
  stability: 'beta',
  exactness: 'by the key id, which is what leaked, in the list of its user',
  proof: 'the list of its user has the key as inactive, or no longer',
  effect: 'the key only, reversibly',
  needs: 'an access key of each account',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byRecords(
      accounts.map((account) => keeperOf(account, tools)),
      {
        unknown:
          'No configured Volcengine account knows this key: add its account to providers.volcengine.accounts and retry, or dismiss this if the key is gone.',
        rights:
          'The access key must be active and have iam:ListUsers, iam:ListAccessKeys and iam:UpdateAccessKey.',
      },
      tools.log,
    ),
  }),
};

const HOST = 'iam.volcengineapi.com';
const PAGE_SIZE = 100;
const MAX_USERS = 300;

const METADATA = z.object({ Action: z.string(), RequestId: z.string() });
const DONE = z.object({ ResponseMetadata: METADATA.extend({ Error: z.undefined().optional() }) });
const ERROR = z.object({ ResponseMetadata: z.object({ Error: z.object({ Code: z.string() }) }) });
const USERS = z.object({
  Result: z.object({
    UserMetadata: z.array(z.object({ UserName: z.string() })).nullable(),
    Total: z.int(),
  }),
});
const KEYS = z.object({
  Result: z.object({
    AccessKeyMetadata: z
      .array(z.object({ AccessKeyId: z.string(), Status: z.enum(['active', 'inactive']) }))
      .nullable(),
  }),
});

const TOO_MANY_USERS = refused(
  'needs-context',
  'The account has too many users to look for the key: disable it by hand in the IAM console.',
);

/** The key's owner as it is put on file: an IAM user's name, or whoever the operator's key belongs to. */
const SELF = '';

function keeperOf(
  { accessKeyId, secretAccessKey }: VolcengineConfig['accounts'][number],
  { upstream: clientFor, clock }: Tools,
): Keeper {
  const upstream = clientFor(`https://${HOST}`);
  const pair = { id: accessKeyId, secret: secretAccessKey };
  const call = async (action: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const query = { Action: action, Version: '2018-01-01', ...parameters };
    const headers = signedHeaders(
      { host: HOST, region: 'cn-beijing', service: 'iam', query },
      pair,
      clock.now(),
    );
    const statuses = [200, 400, 401, 403, 404];
    const answer = await upstream.request({ method: 'GET', path: '/', query, headers, statuses, signal });
    if (answer.status === 200 && answer.maybeJson(DONE)) return answer;
    const code = answer.maybeJson(ERROR)?.ResponseMetadata.Error.Code;
    const target = { target: upstream.base, status: answer.status };
    if (answer.status === 401 && code) throw new Failure('credential-refused', target);
    if (answer.status === 403 && code === 'AccessDenied') throw new Failure('permission-missing', target);
    throw unexpected(upstream, answer);
  };
  const of = (owner: string) => (owner === SELF ? {} : { UserName: owner });
  const statusOf = async (token: Secret, owner: string, signal: AbortSignal) => {
    const keys = (await call('ListAccessKeys', of(owner), signal)).json(KEYS).Result.AccessKeyMetadata;
    return keys?.find(({ AccessKeyId }) => AccessKeyId === token.reveal())?.Status;
  };
  /** Undefined where there are too many. */
  const userNames = async (signal: AbortSignal): Promise<readonly string[] | undefined> => {
    const names: string[] = [];
    while (names.length <= MAX_USERS) {
      const page = { Limit: String(PAGE_SIZE), Offset: String(names.length) };
      const { UserMetadata, Total } = (await call('ListUsers', page, signal)).json(USERS).Result;
      names.push(...(UserMetadata ?? []).map(({ UserName }) => UserName));
      if (names.length >= Total || !UserMetadata?.length) return names;
    }
    return undefined;
  };

  return {
    name: accessKeyId,
    own: new Secret(accessKeyId),
    async find(token, { signal }) {
      const names = await userNames(signal);
      if (names === undefined) return TOO_MANY_USERS;
      for (const owner of [SELF, ...names]) {
        const status = await statusOf(token, owner, signal);
        if (status === 'inactive') return alreadyInactive({ user: owner });
        if (status === 'active') return owner;
      }
      return undefined;
    },
    async remove(owner, token, signal) {
      if ((await statusOf(token, owner, signal)) !== 'active') return alreadyInactive({ user: owner });
      await call(
        'UpdateAccessKey',
        { ...of(owner), AccessKeyId: token.reveal(), Status: 'inactive' },
        signal,
      );
      return revoked({ user: owner });
    },
    look: async (owner, token, signal) =>
      (await statusOf(token, owner, signal)) === 'active' ? 'alive' : 'dead',
    async probe(signal) {
      await call('ListUsers', { Limit: '1', Offset: '0' }, signal);
    },
  };
}
