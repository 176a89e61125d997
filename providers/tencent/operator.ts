/** What the operator's key of one account does there. */
import { z } from 'zod';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Refused, RevokeResult } from '../../src/provider/provider.ts';
import type { Body } from '../../src/provider/upstream.ts';
import { type Call, operatorFailure } from './api.ts';
import type { TencentAccount } from './config.ts';

const KEYS = z.object({
  Response: z.object({
    AccessKeys: z
      .array(z.object({ AccessKeyId: z.string(), Status: z.enum(['Active', 'Inactive']) }))
      .nullable(),
  }),
});
const USERS = z.object({ Response: z.object({ Data: z.array(z.object({ Uin: z.int() })) }) });
const MAX_USERS = 300;

const TOO_MANY_USERS = refused(
  'needs-context',
  'The account has too many users to look for the key: disable it by hand in the CAM console.',
);

/** The owner of a key: a user's uin, or whoever the operator's key belongs to. */
type Owner = number | 'self';

/** Its methods throw {@link Failure}. */
export interface Operator {
  /** Shown: the SecretId that it works with. */
  readonly name: string;
  /** In whose list the key is, which is exact; undefined when it is in nobody's. */
  find(id: string, signal: AbortSignal): Promise<Owner | Refused | undefined>;
  disable(id: string, owner: Owner, signal: AbortSignal): Promise<RevokeResult>;
  probe(signal: AbortSignal): Promise<void>;
}

export function operatorOf({ secretId, secretKey, site }: TencentAccount, call: Call): Operator {
  const where = { site, service: 'cam', pair: { id: secretId, secret: secretKey } } as const;
  const ask = async (action: string, parameters: Readonly<Record<string, Body>>, signal: AbortSignal) => {
    const reply = await call(where, action, parameters, signal);
    if (reply.error !== undefined) throw operatorFailure(reply);
    return reply.answer;
  };
  const target = (owner: Owner) => (owner === 'self' ? {} : { TargetUin: owner });
  return {
    name: secretId,
    async find(id, signal) {
      const users = (await ask('ListUsers', {}, signal)).json(USERS).Response.Data;
      if (users.length > MAX_USERS) return TOO_MANY_USERS;
      for (const owner of ['self', ...users.map(({ Uin }) => Uin)] as const) {
        const { AccessKeys } = (await ask('ListAccessKeys', target(owner), signal)).json(KEYS).Response;
        if (AccessKeys?.some(({ AccessKeyId }) => AccessKeyId === id)) return owner;
      }
      return undefined;
    },
    async disable(id, owner, signal) {
      await ask('UpdateAccessKey', { AccessKeyId: id, Status: 'Inactive', ...target(owner) }, signal);
      return revoked({ operator: secretId, user: owner });
    },
    async probe(signal) {
      await ask('ListUsers', {}, signal);
    },
  };
}
