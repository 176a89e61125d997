/** The access keys of one account. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { VolcengineConfig } from './index.ts';
import { signedHeaders } from './sign.ts';

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

export function keeperOf(
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
