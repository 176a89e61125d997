/** Without an access key in the configuration: what AWS gives to whatever runs on it. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { FakePlatform } from '../../test/support/fake-workload.ts';
import { dated, type Exchange, type ExpectedRequest } from '../../test/support/scripted-upstream.ts';
import {
  ACCOUNT,
  active,
  call,
  deactivated,
  done,
  failed,
  inactive,
  keyInfo,
  LEAKED_ID,
  LEAKED_SECRET,
  lastUsed,
  listed,
  OUR_ID,
  OUR_SECRET,
} from './cases.ts';
import { aws } from './index.ts';

const STS = 'sts.amazonaws.com';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/quash`;
const TOKEN_FILE = '/var/run/secrets/eks.amazonaws.com/serviceaccount/token';
const JWT = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJxdWFzaCJ9', 'c2lnbmF0dXJl'].join('.');
const WEB_IDENTITY: FakePlatform = {
  variables: { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: TOKEN_FILE },
  files: { [TOKEN_FILE]: `${JWT}\n` },
};
/** An hour after the bench's clock. */
const EXPIRES = '2026-01-01T01:00:00Z';
const NAMED = { accountId: ACCOUNT };

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
const OF_INSTANCE = {
  Code: 'Success',
  LastUpdated: '2026-01-01T00:00:00Z',
  Type: 'AWS-HMAC',
  AccessKeyId: OUR_ID,
  SecretAccessKey: OUR_SECRET,
  Token: 'session',
  Expiration: EXPIRES,
};
/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
const OF_TASK = {
  RoleArn: ROLE,
  AccessKeyId: OUR_ID,
  SecretAccessKey: OUR_SECRET,
  Token: 'session',
  Expiration: EXPIRES,
};

const Action = 'AssumeRoleWithWebIdentity';

function issued(expires: string) {
  const Credentials = {
    AccessKeyId: OUR_ID,
    SecretAccessKey: OUR_SECRET,
    SessionToken: 'session',
    Expiration: Date.parse(expires) / 1000,
  };
  return done(Action, { Credentials, Provider: 'arn:aws:iam::oidc' });
}

function webIdentity(token: string, answer?: unknown, status = 200): Exchange {
  const names = { RoleArn: ROLE, RoleSessionName: 'quash' };
  return {
    expect: {
      method: 'POST',
      path: `/${STS}/`,
      headers: { authorization: undefined, accept: 'application/json' },
      form: { Action, ...names, WebIdentityToken: token, Version: '2011-06-15' },
    },
    answer: { status, json: answer ?? issued(EXPIRES) },
  };
}

const get = (path: string, headers: ExpectedRequest['headers'], answer: Exchange['answer']): Exchange => ({
  expect: { method: 'GET', path, headers: headers ?? {} },
  answer,
});

const SESSION = { 'x-aws-ec2-metadata-token': 'AQAEsession==' };
const ROLES = '/169.254.169.254/latest/meta-data/iam/security-credentials/';
const instanceToken = (status = 200, text = SESSION['x-aws-ec2-metadata-token']): Exchange => ({
  expect: {
    method: 'PUT',
    path: '/169.254.169.254/latest/api/token',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
  },
  answer: { status, text },
});
const instance = [
  instanceToken(),
  get(ROLES, SESSION, { status: 200, text: 'quash-role' }),
  get(`${ROLES}quash-role`, SESSION, { status: 200, json: OF_INSTANCE }),
];

const ECS_TASK = { variables: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/0ddba11' } };
const task = get('/169.254.170.2/v2/credentials/0ddba11', {}, { status: 200, json: OF_TASK });

/** What an approved id needs: the first call with our credential, and those behind it. */
const before = [active];
const acting = [keyInfo(), lastUsed(), listed(LEAKED_ID), deactivated(OUR_ID)];

async function benchOf(platform: FakePlatform, script: readonly Exchange[], account: object = NAMED) {
  const config = { accounts: [account], partitions: ['aws'] };
  const bench = await startBench(aws, () => config, script, { platform });
  onTestFinished(() => bench.close());
  const approved = { kind: 'access-key-id', mayActUnproven: true };
  return {
    ...bench,
    run: (token = LEAKED_ID, options = {}) => runStep(bench, new Secret(token), { ...approved, ...options }),
    check: async () => (await bench.provider.check?.(new AbortController().signal)) ?? [],
  };
}

describe('an account without an access key', () => {
  it.each<[string, FakePlatform, readonly Exchange[]]>([
    ['a web identity', WEB_IDENTITY, [webIdentity(JWT)]],
    ['an ECS task', ECS_TASK, [task]],
    ['an EC2 instance', {}, instance],
  ])(
    'gets new ones of %s when the last are over by the clock of AWS, whatever ours says',
    async (_, platform, calls) => {
      const atItsEnd = calls.map((each) => dated(each, 'Thu, 01 Jan 2026 00:58:58 GMT'));
      const each = [...before, ...atItsEnd, ...acting];
      const script = [...each, inactive, ...each, inactive];
      const { run, clock, verify } = await benchOf(platform, script);

      await run();
      clock.jump(3_000);
      await run();

      verify();
    },
  );

  it.each<[string, FakePlatform, readonly Exchange[]]>([
    ['the web identity of a service account', WEB_IDENTITY, [webIdentity(JWT)]],
    [
      'keys of the environment',
      { variables: { AWS_ACCESS_KEY_ID: OUR_ID, AWS_SECRET_ACCESS_KEY: OUR_SECRET } },
      [],
    ],
    [
      'EKS Pod Identity',
      {
        variables: {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: TOKEN_FILE,
        },
        files: { [TOKEN_FILE]: JWT },
      },
      [get('/169.254.170.23/v1/credentials', { authorization: JWT }, { status: 200, json: OF_TASK })],
    ],
    ['the role of an ECS task', ECS_TASK, [task]],
    ['the role of an EC2 instance', {}, instance],
  ])('acts by %s', async (_, platform, calls) => {
    const bench = await benchOf(platform, [...before, ...calls, ...acting, inactive]);

    expect(await bench.run()).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    bench.verify();
  });

  it('keeps what it was given until shortly before its end, and then reads the token anew', async () => {
    const files = { [TOKEN_FILE]: JWT };
    const another = `${JWT}2`;
    const later = issued('2026-01-01T02:00:00Z');
    const once = [...before, ...acting, inactive];
    const script = [
      ...[...before, webIdentity(JWT), ...acting, inactive],
      ...once,
      ...[...before, webIdentity(another, later), ...acting, inactive],
    ];
    const bench = await benchOf({ ...WEB_IDENTITY, files }, anyTime(script));

    await bench.run();
    files[TOKEN_FILE] = another;
    await bench.run();
    await bench.clock.advance(59 * 60_000 + 1);
    await bench.run();

    bench.verify();
  });

  it('asks anew once AWS has refused what it was given', async () => {
    const denied = { ...keyInfo(), answer: { status: 403, json: failed('ExpiredToken') } };
    const script = [...before, ...instance, denied, ...before, ...instance, ...acting, inactive];
    const bench = await benchOf({}, script);

    await expect(bench.run()).rejects.toMatchObject({ code: 'credential-refused' });
    expect(await bench.run()).toMatchObject({ verified: true });
    bench.verify();
  });

  it('enters another account by a role, with the external id that it asks for', async () => {
    const role = 'arn:aws:iam::123456789012:role/revoker';
    const other = LEAKED_ID.replace('LEAKED', 'ROLEXX');
    const form = {
      Action: 'AssumeRole',
      RoleArn: role,
      RoleSessionName: 'quash',
      ExternalId: 'of:acme',
    };
    const Credentials = {
      AccessKeyId: other,
      SecretAccessKey: OUR_SECRET,
      SessionToken: 'session',
      Expiration: 1767229200,
    };
    const script = [
      ...before,
      webIdentity(JWT),
      keyInfo(),
      call(STS, OUR_ID, form, 200, done('AssumeRole', { Credentials })),
      lastUsed(200, undefined, other),
      listed(LEAKED_ID, other),
      deactivated(other),
      inactive,
    ];
    const bench = await benchOf(WEB_IDENTITY, script, { assumeRoleArn: role, externalId: 'of:acme' });

    expect(await bench.run()).toMatchObject({ verified: true });
    bench.verify();
  });

  it('spares its own key, which may be one of the environment', async () => {
    const variables = { AWS_ACCESS_KEY_ID: LEAKED_ID, AWS_SECRET_ACCESS_KEY: LEAKED_SECRET };
    const bench = await benchOf({ variables }, []);

    const id = await bench.run();
    const secret = await bench.run(LEAKED_SECRET, { kind: 'secret-access-key' });

    expect([id.result, secret.result]).toMatchObject([
      { reason: 'own-credential' },
      { reason: 'own-credential' },
    ]);
  });
});

describe('a platform that gives nothing', () => {
  const AWAY = 'http://evil.example.com/v1/credentials';
  it.each<[string, FakePlatform, readonly Exchange[], string]>([
    ['refuses the token', WEB_IDENTITY, [webIdentity(JWT, failed('InvalidIdentityToken'), 400)], 'refused'],
    [
      'cannot ask the issuer of the token',
      WEB_IDENTITY,
      [webIdentity(JWT, failed('IDPCommunicationError'), 400)],
      'not available',
    ],
    ['lacks the file of the token', { ...WEB_IDENTITY, files: {} }, [], 'setting'],
    ['points to another host', { variables: { AWS_CONTAINER_CREDENTIALS_FULL_URI: AWAY } }, [], 'setting'],
    ['has no metadata service', { variables: { AWS_EC2_METADATA_DISABLED: 'true' } }, [], 'setting'],
    ['closed its metadata service', {}, [instanceToken(403, 'Forbidden')], 'refused'],
    [
      'has no role for its instance',
      {},
      [instanceToken(), get(ROLES, SESSION, { status: 404, text: 'Not found' })],
      'setting',
    ],
  ])('pauses the lane and says so in the check, when it %s', async (_, platform, calls, words) => {
    const bench = await benchOf(platform, [...before, ...calls, ...calls]);

    await expect(bench.run()).rejects.toMatchObject({ whose: 'provider' });
    const [check] = await bench.check();

    expect(check).toMatchObject({ name: `AWS account ${ACCOUNT}`, ok: false });
    expect(check?.advice).toContain(words);
    bench.verify();
  });
});

describe('a profile', () => {
  const HOME = '/home/quash';
  const key = `aws_access_key_id = ${OUR_ID}\naws_secret_access_key=${OUR_SECRET}\n`;
  const ofConfig = (text: string, variables = {}): FakePlatform => ({
    variables: { HOME, ...variables },
    files: { [`${HOME}/.aws/config`]: text, [TOKEN_FILE]: JWT },
  });
  const ROLE_LINES = `role_arn = ${ROLE}\nweb_identity_token_file = ${TOKEN_FILE}\n`;

  it.each<[string, FakePlatform, readonly Exchange[]]>([
    [
      'of the shared credentials',
      {
        variables: { AWS_PROFILE: 'prod', AWS_SHARED_CREDENTIALS_FILE: '/etc/aws' },
        files: { '/etc/aws': `[default]\naws_access_key_id = no\n\n# ours\n[prod]\r\n${key}` },
      },
      [],
    ],
    ['of the configuration, by default', ofConfig(`[default]\nregion = eu-west-1\n${key}`), []],
    [
      'with a web identity',
      ofConfig(`[profile ci]\n${ROLE_LINES}`, { AWS_PROFILE: 'ci' }),
      [webIdentity(JWT)],
    ],
    ['that is none, before the instance is asked', ofConfig('[default]\nregion = eu-west-1\n'), instance],
  ])('%s is taken', async (_, platform, calls) => {
    const bench = await benchOf(platform, [...before, ...calls, ...acting, inactive]);

    expect(await bench.run()).toMatchObject({ verified: true });
    bench.verify();
  });

  it.each([
    ['is of another sort', ofConfig('[default]\ncredential_process = /bin/key\n')],
    ['goes by another profile', ofConfig(`[default]\nrole_arn = ${ROLE}\nsource_profile = other\n${key}`)],
    ['is not there', ofConfig(`[default]\n${key}`, { AWS_PROFILE: 'prod' })],
  ])('that %s is an error, and nobody else is asked', async (_, platform) => {
    const bench = await benchOf(platform, []);

    await expect(bench.run()).rejects.toMatchObject({ code: 'misconfigured', target: 'AWS_PROFILE' });
    bench.verify();
  });
});

it.each([
  [{ accessKeyId: OUR_ID }, 'accessKeyId and secretAccessKey together'],
  [{ secretAccessKey: OUR_SECRET }, 'accessKeyId and secretAccessKey together'],
  [{ sessionToken: 'session' }, 'no sessionToken without an access key'],
  [{ externalId: 'of:acme' }, 'an assumeRoleArn with the externalId'],
])('refuses an account that is only half given: %o', (account, words) => {
  const { error } = aws.config.safeParse({ accounts: [account] });
  expect(error?.issues[0]?.message).toContain(words);
});

/** Signatures whose time is not that of the bench's start. */
function anyTime(script: readonly Exchange[]): readonly Exchange[] {
  return script.map(({ expect: { headers, ...expected }, answer }) => ({
    expect: {
      ...expected,
      headers: { ...headers, ...(headers?.['x-amz-date'] && { 'x-amz-date': /Z$/ }) },
    },
    answer,
  }));
}
