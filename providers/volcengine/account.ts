/** The access keys of one account, by the operator's credential. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Call } from './api.ts';
import type { VolcengineAccount } from './config.ts';

const PAGE_SIZE = 100;
const MAX_USERS = 300;

const USERS = z.object({
  Result: z.object({
    UserMetadata: z.array(z.object({ UserName: z.string() })).nullable(),
    Total: z.int(),
  }),
});
const STATUS = z.enum(['active', 'inactive']);
type Status = z.output<typeof STATUS>;
const KEYS = z.object({
  Result: z.object({
    AccessKeyMetadata: z.array(z.object({ AccessKeyId: z.string(), Status: STATUS })).nullable(),
  }),
});

/** An IAM user's name, or whoever the operator's key belongs to. */
const SELF = '';

interface Found {
  readonly user: string;
  readonly status: Status;
}

/** Its methods throw {@link Failure}. */
export interface Account {
  /** Shown and stored: the key id that it works with. */
  readonly name: string;
  /** Whose key it is; `too-many` where there are more users than can be asked about. */
  find(id: string, signal: AbortSignal): Promise<Found | 'too-many' | undefined>;
  /** Undefined where the user has no such key. */
  statusOf(id: string, user: string, signal: AbortSignal): Promise<Status | undefined>;
  disable(id: string, user: string, signal: AbortSignal): Promise<void>;
  probe(signal: AbortSignal): Promise<void>;
}

export function accountOf({ accessKeyId, secretAccessKey }: VolcengineAccount, call: Call): Account {
  const pair = { id: accessKeyId, secret: secretAccessKey };
  const ask = async (action: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal) => {
    const { upstream, answer, error } = await call(pair, action, parameters, signal);
    if (error === undefined) return { upstream, answer };
    const target = { target: upstream.base, status: answer.status };
    if (answer.status === 401) throw new Failure('credential-refused', target);
    if (answer.status === 403 && error === 'AccessDenied') throw new Failure('permission-missing', target);
    throw unexpected(upstream, answer);
  };
  const of = (user: string) => (user === SELF ? {} : { UserName: user });

  const statusOf: Account['statusOf'] = async (id, user, signal) => {
    const { answer } = await ask('ListAccessKeys', of(user), signal);
    return answer.json(KEYS).Result.AccessKeyMetadata?.find(({ AccessKeyId }) => AccessKeyId === id)?.Status;
  };
  const userNames = async (signal: AbortSignal): Promise<readonly string[] | undefined> => {
    const names: string[] = [];
    while (names.length <= MAX_USERS) {
      const page = { Limit: String(PAGE_SIZE), Offset: String(names.length) };
      const { upstream, answer } = await ask('ListUsers', page, signal);
      const { UserMetadata, Total } = answer.json(USERS).Result;
      names.push(...(UserMetadata ?? []).map(({ UserName }) => UserName));
      if (names.length >= Total) return names;
      if (!UserMetadata?.length) throw unexpected(upstream, answer);
    }
    return undefined;
  };

  return {
    name: accessKeyId,
    statusOf,
    async find(id, signal) {
      const names = await userNames(signal);
      if (names === undefined) return 'too-many';
      for (const user of [SELF, ...names]) {
        const status = await statusOf(id, user, signal);
        if (status !== undefined) return { user, status };
      }
      return undefined;
    },
    async disable(id, user, signal) {
      await ask('UpdateAccessKey', { ...of(user), AccessKeyId: id, Status: 'inactive' }, signal);
    },
    async probe(signal) {
      await ask('ListUsers', { Limit: '1', Offset: '0' }, signal);
    },
  };
}
