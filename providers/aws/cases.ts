import { asksOnAfter, type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { aws } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const keyId = (body: string) => ['AK', 'IA'].join('') + body.padEnd(16, 'FAKE');
export const LEAKED_ID = keyId('LEAKED');
export const LEAKED_SECRET = `${'s3cr'.repeat(9)}/+aB`;
export const OUR_ID = keyId('OURS');
export const OUR_SECRET = `${'0urs'.repeat(9)}/+cD`;
const ALIAS = 'BedrockAPIKey-h42z-at-123456789012';
const bedrockKey = (alias: string) =>
  `ABSK${Buffer.from(`${alias}:${'k3y9'.repeat(11)}`).toString('base64')}`;
export const BEDROCK = bedrockKey(ALIAS);

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
  const region =
    /(?:cn-north-1|us-gov-west-1|eusc-de-east-1)/.exec(host)?.[0] ??
    (host.includes('us-gov') ? 'us-gov-west-1' : 'us-east-1');
  const Version = service === 'iam' ? '2010-05-08' : '2011-06-15';
  const scope = `Credential=${signer}/20260101/${region}/${service}/aws4_request`;
  return {
    expect: {
      method: 'POST',
      path: `/${host}/`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'x-amz-date': /^20260101T000[01]\d\dZ$/,
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
const OTHER_PARTITIONS = [
  'sts.cn-north-1.amazonaws.com.cn',
  'sts.us-gov-west-1.amazonaws.com',
  'sts.eusc-de-east-1.amazonaws.eu',
];
/** What moto and AWS say of an id that is inactive, deleted or of another partition, in each of them. */
const inactiveElsewhere = OTHER_PARTITIONS.map((host) => identity('InvalidClientTokenId', host));
export const inactiveEverywhere = [inactive, ...inactiveElsewhere];
/** An id that nobody knows is asked about once more: its key may have been made a moment ago. */
export const twice = (exchanges: readonly Exchange[]) => [...exchanges, ...exchanges];

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

export const bedrockUpdate = call(
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

/** An id without its secret: a person decides. */
const byIdAlone: ProviderSpec<unknown> = {
  definition: aws,
  config: operator,
  token: LEAKED_ID,
  credentials: [OUR_SECRET],
  kind: 'access-key-id',
  type: 'gitleaks_rule_id_aws',
  scripts: {
    revoked: { exchanges: [active, keyInfo()], endsAs: { outcome: 'held' } },
    // The configuration leaves partitions out, in which it may live.
    alreadyDead: { exchanges: twice([inactive]), endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    unknownToken: { exchanges: twice([inactive]), endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    credentialRefused: { exchanges: [active, refusedTo(keyInfo(), 'InvalidClientTokenId')] },
    forbidden: { exchanges: [active, refusedTo(keyInfo(), 'AccessDenied')] },
    secondCall: { exchanges: twice([inactive]), endsAs: { outcome: 'refused', reason: 'unknown-token' } },
  },
};

const NEEDS_CONTEXT = { outcome: 'refused', reason: 'needs-context' } as const;

const bySecret: ProviderSpec<unknown> = {
  ...byIdAlone,
  config: () => ({}),
  token: LEAKED_SECRET,
  credentials: [],
  parts: { 'access-key-id': [LEAKED_ID] },
  kind: 'secret-access-key',
  type: 'gitleaks_rule_id_awssecretaccesskey',
  scripts: {
    revoked: { exchanges: [paired, deactivated(LEAKED_ID), inactive] },
    // What an inactive key's secret was, nothing can tell.
    alreadyDead: { exchanges: twice(inactiveEverywhere), endsAs: NEEDS_CONTEXT },
    // It is tried once more, as another one that was tried with the id a moment before spoils the first answer.
    unknownToken: { exchanges: [active, active], endsAs: NEEDS_CONTEXT },
    credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
    forbidden: { exchanges: [paired, deactivated(LEAKED_ID, 403, failed('AccessDenied'))] },
    // It never happens so: that the two belong together is on record before the key is deactivated.
    secondCall: { exchanges: twice(inactiveEverywhere), endsAs: NEEDS_CONTEXT },
  },
  faultOverrides: asksOnAfter(0, inactiveElsewhere),
};

/** The id leaves the key to its secret, three times, as that is an entry of its own. */
export const turns = [paired, paired, paired];

/** The id that leaked together with its secret: nobody's credential is needed. */
const byPair: ProviderSpec<unknown> = {
  ...bySecret,
  config: () => ({}),
  token: LEAKED_ID,
  parts: { 'secret-access-key': [LEAKED_SECRET] },
  kind: 'access-key-id',
  type: 'gitleaks_rule_id_aws',
  scripts: {
    ...bySecret.scripts,
    revoked: { exchanges: [...turns, paired, deactivated(LEAKED_ID), inactive] },
    alreadyDead: { exchanges: twice(inactiveEverywhere) },
    unknownToken: { exchanges: [active], endsAs: NEEDS_CONTEXT },
    forbidden: { exchanges: [...turns, paired, deactivated(LEAKED_ID, 403, failed('AccessDenied'))] },
    secondCall: { exchanges: twice(inactiveEverywhere) },
  },
};

/** The same, by the operator's credential of its account. */
const byOperator: ProviderSpec<unknown> = {
  ...byIdAlone,
  config: operator,
  parts: { 'secret-access-key': [LEAKED_SECRET] },
  scripts: {
    revoked: {
      exchanges: [...turns, paired, lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID), inactive],
    },
    alreadyDead: byIdAlone.scripts.alreadyDead,
    unknownToken: byIdAlone.scripts.unknownToken,
    credentialRefused: {
      exchanges: [
        ...turns,
        paired,
        refusedTo(lastUsed(), 'InvalidClientTokenId'),
        deactivated(LEAKED_ID, 403, failed('AccessDenied')),
      ],
    },
    forbidden: {
      exchanges: [
        ...turns,
        paired,
        refusedTo(lastUsed(), 'AccessDenied'),
        deactivated(LEAKED_ID, 403, failed('AccessDenied')),
      ],
    },
    secondCall: { exchanges: twice([inactive]), endsAs: { outcome: 'refused', reason: 'unknown-token' } },
  },
};

export function bedrockModels(status: number, json: unknown, token = BEDROCK): Exchange {
  return {
    expect: {
      method: 'GET',
      path: '/bedrock.us-east-1.amazonaws.com/foundation-models?byOutputModality=EMBEDDING',
      headers: { authorization: `Bearer ${token}` },
    },
    answer: { status, json },
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html */
export const bedrockOpen = bedrockModels(200, {
  modelSummaries: [{ modelId: 'amazon.titan-embed-text-v2:0' }],
});
/** Of an expired key: github.com/anomalyco/opencode issue 47073. */
const SHUT = { Message: 'Authentication failed: Please make sure your API Key is valid.' };
export const bedrockShut = bedrockModels(403, SHUT);
/** The same secret with an alias that nobody has. */
const nobodysAlias = (status: number, json: unknown) =>
  bedrockModels(status, json, bedrockKey('BedrockAPIKey-none-at-000000000000'));
export const bedrockGoesByAlias = nobodysAlias(403, SHUT);
export const bedrockTakesAnyAlias = nobodysAlias(200, { modelSummaries: [] });
/** github.com/BerriAI/litellm pull request 39166, github.com/aws-samples/dify-self-hosted-on-aws issue 74. */
export const bedrockDenied = bedrockModels(403, {
  Message: `User: arn:aws:iam::${ACCOUNT}:user/BedrockAPIKey-h42z is not authorized to perform: bedrock:ListFoundationModels because no identity-based policy allows the bedrock:ListFoundationModels action`,
});

const bedrockLong: ProviderSpec<unknown> = {
  ...byIdAlone,
  config: operator,
  token: BEDROCK,
  kind: 'bedrock-long',
  type: 'gitleaks_rule_id_awsbedrockkey',
  scripts: {
    revoked: {
      exchanges: [bedrockOpen, bedrockGoesByAlias, bedrockList('Active'), bedrockUpdate, bedrockShut],
    },
    // Bedrock says the same of an inactive key and of one that it never gave.
    alreadyDead: { exchanges: [bedrockShut], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    unknownToken: { exchanges: [bedrockShut], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
    credentialRefused: {
      exchanges: [bedrockOpen, bedrockGoesByAlias, refusedTo(bedrockList('Active'), 'InvalidClientTokenId')],
    },
    forbidden: {
      exchanges: [bedrockOpen, bedrockGoesByAlias, refusedTo(bedrockList('Active'), 'AccessDenied')],
    },
    secondCall: { exchanges: [bedrockShut], endsAs: { outcome: 'refused', reason: 'unknown-token' } },
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
  byIdAlone,
  byOperator,
  bySecret,
  byPair,
  bedrockLong,
  expiring(
    'bedrock-short',
    'gitleaks_rule_id_awsbedrockshortlivedkey',
    ['bedrock', 'api-key', 'k3y9'.repeat(20)].join('-'),
  ),
  expiring('session-key-id', 'gitleaks_rule_id_aws', ['AS', 'IA', 'K3Y9QUASH7ZTWQ5B'].join('')),
  expiring('session-token', 'gitleaks_rule_id_awssessiontoken', 'FwoG'.repeat(60)),
];
