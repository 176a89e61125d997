/**
 * Tencent Cloud API keys, which are disabled by an operator's key, or by themselves.
 *
 * Docs: https://www.tencentcloud.com/document/product/598/52592 (UpdateAccessKey), 37088 (ListAccessKeys), 32256
 * (ListUsers), https://www.tencentcloud.com/document/api/1150/49453 (GetCallerIdentity); checked 2026-11-21.
 *
 * - What is reported is the SecretId (`AKID…`). With an operator's key it is looked for in the lists of its own user and
 *   of all sub-users, which is exact. Keys of the main account are in them only when the operator's key is one of it.
 * - Else the SecretKey (32 letters and digits) is taken from the lines around; a signature that Tencent Cloud takes
 *   proves the pair. Without `TargetUin` the call is about the keys of whoever signs.
 * - `AuthFailure.SecretIdNotFound` is documented for deleted and disabled keys alike. The Chinese and the international
 *   site have endpoints of their own; only the same answer of both shows that a key is dead.
 */
import { z } from 'zod';
import { byRecords, type Keeper } from '../../src/provider/kit/operator-records.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Body } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type Call, createCall, operatorFailure, SITES } from './api.ts';
import { isPaired, revokeByPair, verifyByPair } from './pair.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        secretId: z
          .string()
          .regex(/^AKID[A-Za-z0-9]{32}$/, 'expected AKID and 32 letters and digits')
          .describe('SecretId of a user with cam:ListUsers, cam:ListAccessKeys and cam:UpdateAccessKey.'),
        secretKey: secretText().describe('Its SecretKey.'),
        site: z.enum(SITES).default('china').describe('Where the account was registered.'),
      }),
    )
    .default([])
    .describe('Accounts whose keys may leak; without one a key needs its SecretKey near it.'),
});

export type TencentConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'secret-id',
  types: ['gitleaks_rule_id_tencentcloudsecretid'],
  pattern: /(?<![A-Za-z0-9])AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])/,
  effect: 'token',
};

export const tencent: ProviderDefinition<TencentConfig> = {
  id: 'tencent',
  title: 'Tencent Cloud',
  docs: 'https://www.tencentcloud.com/document/product/598/52592',
  stability: 'beta',
  exactness: 'by the SecretId, in the list of its user or proven by a signature with its SecretKey',
  proof: 'Tencent Cloud lists the key as inactive, or no longer knows its SecretId',
  effect: 'the key only, reversibly',
  needs: 'nothing for a SecretId with its SecretKey near it; for all others a key of each account',
  types: KIND.types,
  config,
  create,
};

const UNKNOWN =
  'No configured account knows this key, and no SecretKey is near it: disable it by hand in the CAM console, or dismiss this when it is disabled.';
const NO_SECRET = refused('needs-context', UNKNOWN);
const TOO_MANY_USERS = refused(
  'needs-context',
  'The account has too many users to look for the key: disable it by hand in the CAM console.',
);
const MAX_USERS = 300;

const KEYS = z.object({
  Response: z.object({
    AccessKeys: z
      .array(z.object({ AccessKeyId: z.string(), Status: z.enum(['Active', 'Inactive']) }))
      .nullable(),
  }),
});
const USERS = z.object({ Response: z.object({ Data: z.array(z.object({ Uin: z.int() })) }) });

function create({ accounts }: TencentConfig, tools: Tools): Provider {
  const call = createCall(tools);
  const rights = 'The key must be active and have cam:ListUsers, cam:ListAccessKeys and cam:UpdateAccessKey.';
  const keepers = accounts.map((account) => keeperOf(account, call));
  const records = byRecords(keepers, { unknown: UNKNOWN, rights }, tools.log);
  return {
    kinds: [KIND],
    async revoke(token, step) {
      if (keepers.length > 0 && !isPaired(step)) {
        const result = await records.revoke(token, step);
        if (result.outcome !== 'refused' || result.reason !== 'unknown-token') return result;
      }
      return (await revokeByPair(token, step, call)) ?? NO_SECRET;
    },
    verify: (token, step) => (isPaired(step) ? verifyByPair(token, step, call) : records.verify(token, step)),
    check: records.check,
  };
}

/** The key's owner as it is put on file: a user's uin, or whoever the operator's key belongs to. */
const SELF = 'self';

function keeperOf({ secretId, secretKey, site }: TencentConfig['accounts'][number], call: Call): Keeper {
  const where = { site, service: 'cam', pair: { id: secretId, secret: secretKey } } as const;
  const ask = async (action: string, parameters: Readonly<Record<string, Body>>, signal: AbortSignal) => {
    const reply = await call(where, action, parameters, signal);
    if (reply.error !== undefined) throw operatorFailure(reply);
    return reply.answer;
  };
  const target = (owner: string) => (owner === SELF ? {} : { TargetUin: Number(owner) });
  const statusOf = async (token: Secret, owner: string, signal: AbortSignal) => {
    const { AccessKeys } = (await ask('ListAccessKeys', target(owner), signal)).json(KEYS).Response;
    return AccessKeys?.find(({ AccessKeyId }) => AccessKeyId === token.reveal())?.Status;
  };
  return {
    name: secretId,
    own: new Secret(secretId),
    async find(token, { signal }) {
      const users = (await ask('ListUsers', {}, signal)).json(USERS).Response.Data;
      if (users.length > MAX_USERS) return TOO_MANY_USERS;
      for (const owner of [SELF, ...users.map(({ Uin }) => String(Uin))]) {
        const status = await statusOf(token, owner, signal);
        if (status === 'Inactive') return alreadyInactive({ user: owner });
        if (status === 'Active') return owner;
      }
      return undefined;
    },
    async remove(owner, token, signal) {
      if ((await statusOf(token, owner, signal)) !== 'Active') return alreadyInactive({ user: owner });
      const parameters = { AccessKeyId: token.reveal(), Status: 'Inactive', ...target(owner) };
      await ask('UpdateAccessKey', parameters, signal);
      return revoked({ user: owner });
    },
    look: async (owner, token, signal) =>
      (await statusOf(token, owner, signal)) === 'Active' ? 'alive' : 'dead',
    async probe(signal) {
      await ask('ListUsers', {}, signal);
    },
  };
}
