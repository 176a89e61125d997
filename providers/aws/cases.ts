import { type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { aws } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyId = (body: string) => ['AK', 'IA'].join('') + body.padEnd(16, 'X');
export const LEAKED_ID = keyId('LEAKED');
export const LEAKED_SECRET = `${'s3cr'.repeat(9)}/+aB`;
export const OUR_ID = keyId('OURS');
export const OUR_SECRET = `${'0urs'.repeat(9)}/+cD`;
const ALIAS = 'BedrockAPIKey-h42z-at-123456789012';
export const BEDROCK = `ABSK${Buffer.from(`${ALIAS}:${'k3y9'.repeat(11)}`).toString('base64')}`;

export const ACCOUNT = '123456789012';
export const USER = 'deployer';
const ARN = `arn:aws:iam::${ACCOUNT}:user/robots/${USER}`;
const METADATA = { ResponseMetadata: { RequestId: '7a62c49f-347e-4fc4-9331-6e8eEXAMPLE' } };

/** One call, signed by the key of this id. */
export function call(
  host: string,
  signer: string,
  form: Readonly<Record<string, string>>,
  status: number,
  json: unknown,
): Exchange {
  const service = host.startsWith('iam') ? 'iam' : 'sts';
  const region = host.endsWith('.cn') ? 'cn-north-1' : 'us-east-1';
  const Version = service === 'iam' ? '2010-05-08' : '2011-06-15';
  const scope = `Credential=${signer}/20260101/${region}/${service}/aws4_request`;
  return {
    expect: {
      method: 'POST',
      path: `/${host}/`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'x-amz-date': '20260101T000000Z',
        authorization: new RegExp(
          `^AWS4-HMAC-SHA256 ${scope}, SignedHeaders=content-type;host;x-amz-date(?:;x-amz-security-token)?, Signature=[0-9a-f]{64}$`,
        ),
      },
      form: { ...form, Version },
    },
    answer: { status, json },
  };
}

const STS = 'sts.amazonaws.com';
const IAM = 'iam.amazonaws.com';
export const failed = (Code: string) => ({
  Error: { Code, Message: 'No.', Type: 'Sender' },
  RequestId: '7a62c49f',
});
export const done = (action: string, result?: unknown) => ({
  [`${action}Response`]: { ...(result !== undefined && { [`${action}Result`]: result }), ...METADATA },
});

/** Who the leaked key is: an error's code, or the ARN where the secret is its own. */
export function identity(answer: string, host = STS): Exchange {
  const form = { Action: 'GetCallerIdentity' };
  if (!answer.startsWith('arn:')) return call(host, LEAKED_ID, form, 403, failed(answer));
  const result = { Account: ACCOUNT, Arn: answer, UserId: 'AIDAEXAMPLE' };
  return call(host, LEAKED_ID, form, 200, done('GetCallerIdentity', result));
}

export const active = identity('SignatureDoesNotMatch');
export const inactive = identity('InvalidClientTokenId');
export const paired = identity(ARN);

export function keyInfo(account = ACCOUNT): Exchange {
  const form = { Action: 'GetAccessKeyInfo', AccessKeyId: LEAKED_ID };
  return call(STS, OUR_ID, form, 200, done('GetAccessKeyInfo', { Account: account }));
}

export function lastUsed(status = 200, json?: unknown, signer = OUR_ID): Exchange {
  const form = { Action: 'GetAccessKeyLastUsed', AccessKeyId: LEAKED_ID };
  const result = {
    UserName: USER,
    AccessKeyLastUsed: { Region: 'us-east-1', ServiceName: 's3', LastUsedDate: 1767225600 },
  };
  return call(IAM, signer, form, status, json ?? done('GetAccessKeyLastUsed', result));
}

export function listed(id: string, signer = OUR_ID): Exchange {
  const AccessKeyMetadata = [
    { AccessKeyId: keyId('OTHER'), Status: 'Active', UserName: USER, CreateDate: 1767225600 },
    { AccessKeyId: id, Status: 'Active', UserName: USER, CreateDate: 1767225600 },
  ];
  const form = { Action: 'ListAccessKeys', UserName: USER };
  const result = { AccessKeyMetadata, IsTruncated: false, Marker: null };
  return call(IAM, signer, form, 200, done('ListAccessKeys', result));
}

export function deactivated(signer: string, status = 200, json: unknown = done('UpdateAccessKey')): Exchange {
  const owner: Record<string, string> = signer === LEAKED_ID ? {} : { UserName: USER };
  const form = { Action: 'UpdateAccessKey', AccessKeyId: LEAKED_ID, ...owner, Status: 'Inactive' };
  return call(IAM, signer, form, status, json);
}

export function bedrockList(status: string, alias = ALIAS, more?: string, marker?: string): Exchange {
  const action = 'ListServiceSpecificCredentials';
  const form = { Action: action, AllUsers: 'true', ServiceName: 'bedrock.amazonaws.com' };
  const ServiceSpecificCredentials = [
    {
      UserName: 'BedrockAPIKey-h42z',
      Status: status,
      ServiceName: 'bedrock.amazonaws.com',
      ServiceCredentialAlias: alias,
      ServiceSpecificCredentialId: 'ACCAEXAMPLE123EXAMPLE',
      CreateDate: 1767225600,
    },
  ];
  const result = { ServiceSpecificCredentials, IsTruncated: more !== undefined, Marker: more ?? null };
  const fields = marker === undefined ? form : { ...form, Marker: marker };
  return call(IAM, OUR_ID, fields, 200, done(action, result));
}

const bedrockUpdate = call(
  IAM,
  OUR_ID,
  {
    Action: 'UpdateServiceSpecificCredential',
    UserName: 'BedrockAPIKey-h42z',
    ServiceSpecificCredentialId: 'ACCAEXAMPLE123EXAMPLE',
    Status: 'Inactive',
  },
  200,
  done('UpdateServiceSpecificCredential'),
);

/** The first call of a script, refused to us. */
const refusedTo = ({ expect }: Exchange, code: string): Exchange => ({
  expect,
  answer: { status: 403, json: failed(code) },
});

export const operator = () => ({
  accounts: [{ accountId: ACCOUNT, accessKeyId: OUR_ID, secretAccessKey: OUR_SECRET }],
  partitions: ['aws'],
});

const byOperator: ProviderSpec<unknown> = {
  definition: aws,
  config: operator,
  token: LEAKED_ID,
  credentials: [OUR_SECRET],
  kind: 'access-key-id',
  type: 'gitleaks_rule_id_aws',
  scripts: {
    revoked: { exchanges: [active, keyInfo(), lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID), inactive] },
    alreadyDead: { exchanges: [inactive] },
    unknownToken: {
      exchanges: [active, keyInfo('999999999999')],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [active, refusedTo(keyInfo(), 'InvalidClientTokenId')] },
    forbidden: { exchanges: [active, keyInfo(), refusedTo(lastUsed(), 'AccessDenied')] },
    secondCall: { exchanges: [inactive] },
  },
};

const bySecret: ProviderSpec<unknown> = {
  ...byOperator,
  config: () => ({ partitions: ['aws'] }),
  token: LEAKED_SECRET,
  credentials: [],
  parts: { 'access-key-id': [LEAKED_ID] },
  kind: 'secret-access-key',
  type: 'gitleaks_rule_id_awssecretaccesskey',
  scripts: {
    revoked: { exchanges: [paired, deactivated(LEAKED_ID), inactive] },
    alreadyDead: {
      exchanges: [inactive],
      // What an inactive key's secret was, nothing can tell.
      endsAs: { outcome: 'refused', reason: 'needs-context' },
    },
    unknownToken: {
      exchanges: [active],
      endsAs: { outcome: 'refused', reason: 'needs-context' },
    },
    credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
    forbidden: { exchanges: [paired, deactivated(LEAKED_ID, 403, failed('AccessDenied'))] },
    secondCall: {
      exchanges: [inactive],
      // It never happens so: that the two belong together is on record before the key is deactivated.
      endsAs: { outcome: 'refused', reason: 'needs-context' },
    },
  },
};

/** The id that leaked together with its secret: nobody's credential is needed. */
const byPair: ProviderSpec<unknown> = {
  ...bySecret,
  token: LEAKED_ID,
  parts: { 'secret-access-key': [LEAKED_SECRET] },
  kind: 'access-key-id',
  type: 'gitleaks_rule_id_aws',
  scripts: {
    ...bySecret.scripts,
    alreadyDead: { exchanges: [inactive] },
    secondCall: { exchanges: [inactive] },
  },
};

const bedrockLong: ProviderSpec<unknown> = {
  ...byOperator,
  token: BEDROCK,
  kind: 'bedrock-long',
  type: 'gitleaks_rule_id_awsbedrockkey',
  scripts: {
    revoked: { exchanges: [bedrockList('Active'), bedrockUpdate, bedrockList('Inactive')] },
    alreadyDead: { exchanges: [bedrockList('Expired')] },
    unknownToken: {
      exchanges: [bedrockList('Active', 'BedrockAPIKey-h42z+1-at-123456789012')],
      endsAs: { outcome: 'refused', reason: 'unknown-token' },
    },
    credentialRefused: { exchanges: [refusedTo(bedrockList('Active'), 'InvalidClientTokenId')] },
    forbidden: { exchanges: [refusedTo(bedrockList('Active'), 'AccessDenied')] },
    secondCall: { exchanges: [bedrockList('Inactive')] },
  },
};

/** What ends by itself, within hours. */
const expiring = (kind: string, type: string, token: string): ProviderSpec<unknown> => ({
  definition: aws,
  config: operator,
  token,
  credentials: [OUR_SECRET],
  kind,
  type,
  scripts: withoutAnyCall({ outcome: 'expires' }),
});

export const cases: readonly ProviderSpec<unknown>[] = [
  byOperator,
  bySecret,
  byPair,
  bedrockLong,
  expiring(
    'bedrock-short',
    'gitleaks_rule_id_awsbedrockshortlivedkey',
    ['bedrock', 'api-key', 'k3y9'.repeat(20)].join('-'),
  ),
  expiring('session-key-id', 'gitleaks_rule_id_aws', ['AS', 'IA'].join('') + 'LEAKED'.padEnd(16, 'X')),
  expiring('session-token', 'gitleaks_rule_id_awssessiontoken', 'FwoG'.repeat(60)),
];
