/** Keys whose users may not disable them: by the operator's key, or by the role of the cluster. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { FakePlatform } from '../../test/support/fake-workload.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { deactivated, failed, ID, identity, inactive, SECRET } from './cases.ts';
import { alibaba } from './index.ts';

const ACCOUNT = '1140635653649189';
const OUR_ID = ['LT', `AI5t${'0ursId0'.repeat(2)}`].join('');
const OUR_SECRET = '0urS3c'.repeat(5);
const TOKEN_FILE = '/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token';
const JWT = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJxdWFzaCJ9', 'c2lnbmF0dXJl'].join('.');
const RRSA: FakePlatform = {
  variables: {
    ALIBABA_CLOUD_ROLE_ARN: `acs:ram::${ACCOUNT}:role/quash`,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: `acs:ram::${ACCOUNT}:oidc-provider/ack`,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: TOKEN_FILE,
  },
  files: { [TOKEN_FILE]: `${JWT}\n` },
};
const ASSUMED_ID = 'STS.ursId0';
const RequestId = 'B9AF80E4-1565-42D9-9256-0B8B0D9FD3EC';

const NAMES = 'host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version';
const ASSUMED_NAMES = NAMES.replace('x-acs-action', 'x-acs-accesskey-id;x-acs-action').replace(
  'x-acs-signature-nonce',
  'x-acs-security-token;x-acs-signature-nonce',
);

function byOurs(id: string, path: string, answer: Exchange['answer']): Exchange {
  const names = id === OUR_ID ? NAMES : ASSUMED_NAMES;
  const signed = `^ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names},Signature=[0-9a-f]{64}$`;
  const token = id === OUR_ID ? undefined : 'security-token';
  const headers = { authorization: new RegExp(signed), 'x-acs-security-token': token };
  return { expect: { method: 'POST', path, headers }, answer };
}

/** https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-updateaccesskey */
function updated(id: string, status = 200, json: unknown = { RequestId }): Exchange {
  const path = `/ram.aliyuncs.com/?Status=Inactive&UserAccessKeyId=${ID}&UserName=robot`;
  return byOurs(id, path, { status, json });
}

function assumed(failure?: string): Exchange {
  const Credentials = {
    AccessKeyId: ASSUMED_ID,
    AccessKeySecret: OUR_SECRET,
    SecurityToken: 'security-token',
    Expiration: '2026-01-01T01:00:00Z',
  };
  const query = new URLSearchParams({
    RoleArn: `acs:ram::${ACCOUNT}:role/quash`,
    OIDCProviderArn: `acs:ram::${ACCOUNT}:oidc-provider/ack`,
    RoleSessionName: 'quash',
  });
  const headers = {
    authorization: undefined,
    'x-acs-action': 'AssumeRoleWithOIDC',
    'x-acs-version': '2015-04-01',
    'x-acs-date': /^2026-01-01T00:00:\d\dZ$/,
    'x-acs-signature-nonce': /^[0-9a-f-]{36}$/,
  };
  return {
    expect: { method: 'POST', path: `/sts.aliyuncs.com/?${query}`, headers, form: { OIDCToken: JWT } },
    answer: failure
      ? { status: 400, json: failed(failure) }
      : { status: 200, json: { RequestId, Credentials } },
  };
}

const forbidden = deactivated(403, failed('NoPermission'));
const withKey = { accountId: ACCOUNT, accessKeyId: OUR_ID, accessKeySecret: OUR_SECRET };
const withRole = { accountId: ACCOUNT };

async function benchOf(account: object, script: readonly Exchange[], platform: FakePlatform = {}) {
  const bench = await startBench(alibaba, () => ({ accounts: [account] }), script, { platform });
  onTestFinished(() => bench.close());
  const options = { kind: 'access-key-secret', parts: { 'access-key-id': [ID] } };
  return {
    ...bench,
    run: () => runStep(bench, new Secret(SECRET), options),
    check: async () => (await bench.provider.check?.(new AbortController().signal)) ?? [],
  };
}

describe('a key whose user may not disable it', () => {
  it.each<[string, object, readonly Exchange[], string, FakePlatform]>([
    ['a key of its account', withKey, [], OUR_ID, {}],
    ['the role of the cluster', withRole, [assumed()], ASSUMED_ID, RRSA],
  ])('is disabled by %s', async (_, account, calls, id, platform) => {
    const script = [identity(), forbidden, ...calls, updated(id), inactive];
    const { run, verify } = await benchOf(account, script, platform);

    expect(await run()).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    verify();
  });

  it('is disabled by a new session when the last one is over by the clock of Alibaba Cloud', async () => {
    const { expect: call, answer } = assumed();
    const dated = { expect: call, answer: { ...answer, headers: { date: 'Thu, 01 Jan 2026 00:59:30 GMT' } } };
    const each = [identity(), forbidden, dated, updated(ASSUMED_ID), inactive];
    const { run, verify } = await benchOf(withRole, [...each, ...each], RRSA);

    await run();
    await run();

    verify();
  });

  it('is left to a person where its account is another one', async () => {
    const { run } = await benchOf({ ...withKey, accountId: '9999999999' }, [identity(), forbidden]);
    expect((await run()).result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it.each([
    ['credential-refused', 'InvalidAccessKeyId.NotFound'],
    ['permission-missing', 'NoPermission'],
  ])('fails with %s where RAM says %s of ours', async (code, error) => {
    const script = [identity(), forbidden, updated(OUR_ID, 403, failed(error))];
    const { run } = await benchOf(withKey, script);
    await expect(run()).rejects.toMatchObject({ code, scope: 'entry' });
  });
});

it('is not disabled when it is our own', async () => {
  const { provider, clock } = await benchOf({ ...withKey, accessKeyId: ID }, []);
  const ended = await runStep({ provider, clock }, new Secret(ID), { kind: 'access-key-id' });
  expect(ended.result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

describe('the check', () => {
  const who = (AccountId: string) => ({ AccountId, Arn: `acs:ram::${AccountId}:user/quash`, RequestId });
  const asked = (id: string, json: unknown, status = 200) =>
    byOurs(id, '/sts.aliyuncs.com/', { status, json });
  it.each<[string, object, readonly Exchange[], FakePlatform, object]>([
    ['passes', withKey, [asked(OUR_ID, who(ACCOUNT))], {}, { ok: true }],
    ['passes by a role', withRole, [assumed(), asked(ASSUMED_ID, who(ACCOUNT))], RRSA, { ok: true }],
    ['says that the account is another one', withKey, [asked(OUR_ID, who('9999999999'))], {}, { ok: false }],
    [
      'says that the token is refused',
      withRole,
      [assumed('AuthenticationFail.OIDCToken.Invalid')],
      RRSA,
      { ok: false },
    ],
    [
      'says that there is no role',
      withRole,
      [],
      {},
      { ok: false, advice: expect.stringContaining('ROLE_ARN') },
    ],
  ])('%s', async (_, account, script, platform, expected) => {
    const { check, verify } = await benchOf(account, script, platform);
    expect(await check()).toMatchObject([{ name: `Alibaba Cloud account ${ACCOUNT}`, ...expected }]);
    verify();
  });
});

it('refuses half of a key', () => {
  const half = { accounts: [{ accountId: ACCOUNT, accessKeyId: OUR_ID }] };
  expect(alibaba.config.safeParse(half).error?.issues[0]?.message).toContain('together, or neither');
});
