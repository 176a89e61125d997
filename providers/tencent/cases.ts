import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { TencentConfig } from './config.ts';
import { tencent } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ID = ['AK', `ID${'k3y9Id0x'.repeat(4)}`].join('');
export const SECRET = 's3cR3tAb'.repeat(4);
const OPERATOR_ID = ['AK', `ID${'0perat0r'.repeat(4)}`].join('');
const OPERATOR_KEY = 'operator-key'.repeat(3);

const RequestId = '99d650e2-10fa-4c8f-819f-874578039641';
export const failed = (Code: string) => ({ Error: { Code, Message: 'No.' }, RequestId });

function call(host: string, id: string, action: string, json: unknown, response: object): Exchange {
  const service = host.slice(0, 3);
  return {
    expect: {
      method: 'POST',
      path: `/${host}/`,
      headers: {
        'content-type': 'application/json',
        'x-tc-action': action,
        'x-tc-version': service === 'cam' ? '2019-01-16' : '2018-08-13',
        'x-tc-timestamp': /^17672256\d\d$/,
        'x-tc-region': host.includes('intl') ? 'ap-singapore' : 'ap-guangzhou',
        authorization: new RegExp(
          `^TC3-HMAC-SHA256 Credential=${id}/2026-01-01/${service}/tc3_request, SignedHeaders=content-type;host, Signature=[0-9a-f]{64}$`,
        ),
      },
      json,
    },
    answer: { status: 200, json: { Response: { RequestId, ...response } } },
  };
}

const WHO = { Type: 'CAMUser', AccountId: '1000262', UserId: '1000261', Arn: 'qcs::cam:1000262:uin/1000261' };
/** Who the pair is: an error, or nothing where it works. */
export const identity = (error?: string, host = 'sts.tencentcloudapi.com') =>
  call(host, ID, 'GetCallerIdentity', {}, error ? failed(error) : WHO);
export const NOT_FOUND = 'AuthFailure.SecretIdNotFound';
export const MISMATCH = 'AuthFailure.SignatureFailure';
export const INTERNATIONAL = 'sts.intl.tencentcloudapi.com';
export const itself = (response: object) =>
  call('cam.tencentcloudapi.com', ID, 'UpdateAccessKey', { AccessKeyId: ID, Status: 'Inactive' }, response);
export const disabled = itself({});
const unknown = [identity(NOT_FOUND), identity(NOT_FOUND, INTERNATIONAL)];

const operator = (action: string, json: unknown, response: object, id = OPERATOR_ID) =>
  call('cam.tencentcloudapi.com', id, action, json, response);
export const users = (uins: readonly number[], id?: string) =>
  operator('ListUsers', {}, { Data: uins.map((Uin) => ({ Uin, Name: `user-${Uin}`, Uid: 1 })) }, id);
export const keys = (parameters: object, AccessKeys: readonly object[] | null) =>
  operator('ListAccessKeys', parameters, { AccessKeys });
export const key = (Status: string, AccessKeyId = ID) => ({
  AccessKeyId,
  Status,
  CreateTime: '2019-12-25 14:53:03',
});
const TARGET = { TargetUin: 1002 };
const OTHER = key('Active', ['AK', `ID${'0ther1dx'.repeat(4)}`].join(''));
/** An active id whose secret is not at hand. */
export const active = identity(MISMATCH);
export const found = [
  users([1001, 1002]),
  keys({}, null),
  keys({ TargetUin: 1001 }, [OTHER]),
  keys(TARGET, [OTHER, key('Active')]),
];
export const update = operator('UpdateAccessKey', { AccessKeyId: ID, Status: 'Inactive', ...TARGET }, {});
const refusedAs = (code: string) => [active, operator('ListUsers', {}, failed(code))];

export const withOperator = { accounts: [{ secretId: OPERATOR_ID, secretKey: OPERATOR_KEY }] };
/** The operator at another account. */
export const another = {
  secretId: ['AK', `ID${'4n0ther1'.repeat(4)}`].join(''),
  secretKey: OPERATOR_KEY,
};
const common = {
  definition: tencent,
  token: ID,
  kind: 'secret-id',
  type: 'gitleaks_rule_id_tencentcloudsecretid',
  faultOverrides: asksOnAfter(0, unknown.slice(1)),
};

export const cases: readonly ProviderSpec<TencentConfig>[] = [
  {
    ...common,
    config: () => ({}),
    context: `secret_id: ${ID}\nsecret_key: ${SECRET}`,
    scripts: {
      revoked: { exchanges: [identity(), disabled, identity(NOT_FOUND)] },
      alreadyDead: { exchanges: unknown },
      unknownToken: {
        exchanges: [identity(MISMATCH)],
        endsAs: { outcome: 'refused', reason: 'needs-context' },
      },
      credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
      forbidden: { exchanges: [identity(), itself(failed('AuthFailure.UnauthorizedOperation'))] },
      secondCall: { exchanges: unknown },
    },
  },
  {
    ...common,
    config: () => withOperator,
    credentials: [OPERATOR_KEY],
    scripts: {
      revoked: { exchanges: [active, ...found], endsAs: { outcome: 'held' } },
      alreadyDead: { exchanges: unknown },
      unknownToken: {
        exchanges: [active, users([]), keys({}, [OTHER])],
        endsAs: { outcome: 'refused', reason: 'needs-context' },
      },
      credentialRefused: { exchanges: refusedAs(MISMATCH) },
      forbidden: { exchanges: refusedAs('UnauthorizedOperation') },
      secondCall: { exchanges: unknown },
    },
  },
];
