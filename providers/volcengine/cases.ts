import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { VolcengineConfig } from './config.ts';
import { volcengine } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ID = ['AK', `LT${'ZjIwYzBjYz'.repeat(4)}YjE`].join('');
const OTHER_ID = ['AK', `LT${'b3RoZXJrZX'.repeat(4)}YjE`].join('');
const OPERATOR_ID = ['AK', `LT${'b3BlcmF0b3'.repeat(4)}YjE`].join('');
const OPERATOR_SECRET = 'operator-secret'.repeat(3);

const metadata = (action: string) => ({ RequestId: '20240912', Action: action, Version: '2018-01-01' });

export function call(
  action: string,
  query: string,
  status: number,
  body: object,
  signer = OPERATOR_ID,
): Exchange {
  return {
    expect: {
      method: 'GET',
      path: `/iam.volcengineapi.com/?Action=${action}&Version=2018-01-01${query}`,
      headers: {
        'x-date': '20260101T000000Z',
        authorization: new RegExp(
          `^HMAC-SHA256 Credential=${signer}/20260101/cn-beijing/iam/request, SignedHeaders=host;x-date, Signature=[0-9a-f]{64}$`,
        ),
      },
    },
    answer: { status, json: body },
  };
}

export const done = (action: string, query: string, Result?: object, signer?: string): Exchange =>
  call(action, query, 200, { ResponseMetadata: metadata(action), ...(Result && { Result }) }, signer);
export const failed = (action: string, query: string, status: number, Code: string): Exchange =>
  call(action, query, status, {
    ResponseMetadata: { ...metadata(action), Error: { CodeN: 1, Code, Message: 'No.' } },
  });

export const users = (
  names: readonly string[],
  { total = names.length, offset = 0, signer = OPERATOR_ID } = {},
) => {
  const UserMetadata = names.map((UserName, Id) => ({ Id, UserName }));
  const page = { UserMetadata, Limit: 100, Offset: offset, Total: total };
  return done('ListUsers', `&Limit=100&Offset=${offset}`, page, signer);
};
export const key = (Status: string, AccessKeyId = ID) => ({ AccessKeyId, UserName: 'Bob', Status });
export const keys = (user: string, list: readonly object[] | null) =>
  done('ListAccessKeys', user && `&UserName=${user}`, { AccessKeyMetadata: list });
/** Of the key itself. */
const own = (status: number, body: object) => call('ListAccessKeys', '', status, body, ID);
const error = (Code: string) => ({
  ResponseMetadata: { ...metadata('ListAccessKeys'), Error: { CodeN: 1, Code, Message: 'No.' } },
});
/** https://www.volcengine.com/docs/6396/1253687 */
export const known = own(401, error('SignatureDoesNotMatch'));
export const unknown = own(401, error('InvalidAccessKey'));
export const denied = own(403, error('AccessDenied'));
export const limited = (status: number, code: string) => own(status, error(code));
/** Nobody's secret is told something else. */
export const paired = [denied, known];
export const SECRET = `${'c2VjcmV0'.repeat(7)}==`;

export const found = [users(['Alice', 'Bob']), keys('', null), keys('Alice', [key('active', OTHER_ID)])];
export const active = keys('Bob', [key('active', OTHER_ID), key('active')]);
export const inactive = keys('Bob', [key('active', OTHER_ID), key('inactive')]);
export const update = done('UpdateAccessKey', `&UserName=Bob&AccessKeyId=${ID}&Status=inactive`);
const LIST = '&Limit=100&Offset=0';

/** The operator at another account. */
export const another = {
  accessKeyId: ['AK', `LT${'YW5vdGhlcj'.repeat(4)}YjE`].join(''),
  secretAccessKey: OPERATOR_SECRET,
};
export const config = { accounts: [{ accessKeyId: OPERATOR_ID, secretAccessKey: OPERATOR_SECRET }] };

export const cases: readonly ProviderSpec<VolcengineConfig>[] = [
  {
    definition: volcengine,
    config: () => config,
    token: ID,
    credentials: [OPERATOR_SECRET],
    kind: 'access-key-id',
    type: 'gitleaks_rule_id_volcengineaccesskeyid',
    tokenInUrl: 'The API takes the key id as a query parameter.',
    context: `key_id: ${ID}\nsecret: ${SECRET}`,
    scripts: {
      revoked: { exchanges: [...paired, ...found, active, update, inactive] },
      alreadyDead: { exchanges: [known, ...found, inactive] },
      unknownToken: { exchanges: [unknown], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
      credentialRefused: { exchanges: [...paired, failed('ListUsers', LIST, 401, 'SignatureDoesNotMatch')] },
      forbidden: { exchanges: [...paired, failed('ListUsers', LIST, 403, 'AccessDenied')] },
      secondCall: { exchanges: [known, ...found, inactive] },
    },
  },
];
