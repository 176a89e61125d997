/** Without a key of a service account: by the platform's token, by the metadata server, or by another's leave. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../../test/contract/provider-suite.ts';
import { noTools } from '../../test/support/fake-provider.ts';
import type { FakePlatform } from '../../test/support/fake-workload.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { DEAD, denied, disabled, LEAKED, minted, OURS, record } from './cases.ts';
import { gcp } from './index.ts';

const AUDIENCE =
  '//iam.googleapis.com/projects/12345/locations/global/workloadIdentityPools/gitlab/providers/eks';
const TOKEN_FILE = '/var/run/secrets/tokens/gcp';
const JWT = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJxdWFzaCJ9', 'c2lnbmF0dXJl'].join('.');
const REVOKER = 'revoker@some-project.iam.gserviceaccount.com';
/** What the scripts of the key of our own service account call with. */
const OUR_TOKEN = `access-token-of-${OURS.email}`;
const CLOUD = 'https://www.googleapis.com/auth/cloud-platform';

/** As `gcloud iam workload-identity-pools create-cred-config` writes it. */
const EXTERNAL = {
  type: 'external_account',
  audience: AUDIENCE,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file: TOKEN_FILE, format: { type: 'text' } },
};
const impersonationUrl = (email: string) =>
  `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
const PLATFORM: FakePlatform = { files: { [TOKEN_FILE]: `${JWT}\n` } };

function exchanged(access_token = OUR_TOKEN, failed?: readonly [number, unknown]): Exchange {
  return {
    expect: {
      method: 'POST',
      path: '/sts.googleapis.com/v1/token',
      headers: { authorization: undefined },
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: AUDIENCE,
        scope: CLOUD,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: JWT,
      },
    },
    answer: {
      status: failed?.[0] ?? 200,
      json: failed?.[1] ?? {
        access_token,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3599,
      },
    },
  };
}

function impersonated(by: string, failed?: readonly [number, unknown]): Exchange {
  return {
    expect: {
      method: 'POST',
      path: impersonationUrl(REVOKER).replace('https:/', ''),
      headers: { authorization: `Bearer ${by}` },
      json: { scope: [CLOUD], lifetime: '3600s' },
    },
    answer: {
      status: failed?.[0] ?? 200,
      json: failed?.[1] ?? { accessToken: OUR_TOKEN, expireTime: '2026-01-01T01:00:00Z' },
    },
  };
}

function metadata(status = 200, text?: string, headers = { 'metadata-flavor': 'Google' }): Exchange {
  const issued = { access_token: OUR_TOKEN, expires_in: 3599, token_type: 'Bearer' };
  return {
    expect: {
      method: 'GET',
      path: '/169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
    },
    answer: { status, headers, text: text ?? JSON.stringify(issued) },
  };
}

async function benchOf(config: object, script: readonly Exchange[], platform = PLATFORM) {
  const bench = await startBench(gcp, () => config, script, { platform });
  onTestFinished(() => bench.close());
  const token = new Secret(LEAKED.essence);
  return {
    ...bench,
    run: () => runStep(bench, token, { kind: 'service-account-file' }),
    check: async () => (await bench.provider.check?.(new AbortController().signal)) ?? [],
  };
}

const external = (changes: object = {}) => ({ credentials: JSON.stringify({ ...EXTERNAL, ...changes }) });
const acting = [record(OURS), disabled(OURS), minted(LEAKED, DEAD)];

describe('a key of a service account is disabled', () => {
  it.each<[string, object, readonly Exchange[], FakePlatform?]>([
    ['the token of an external account', external(), [exchanged()]],
    [
      'such a token within JSON',
      external({
        credential_source: {
          file: TOKEN_FILE,
          format: { type: 'json', subject_token_field_name: 'id_token' },
        },
      }),
      [exchanged()],
      { files: { [TOKEN_FILE]: JSON.stringify({ id_token: JWT }) } },
    ],
    [
      'the service account that an external account acts as',
      external({ service_account_impersonation_url: impersonationUrl(REVOKER) }),
      [exchanged('federated'), impersonated('federated')],
    ],
    ['the metadata server', { workloadIdentity: true }, [metadata()]],
    [
      "another service account, by the metadata server's",
      { workloadIdentity: true, impersonate: REVOKER },
      [metadata(200, '{"access_token":"of-the-node","expires_in":3599}'), impersonated('of-the-node')],
    ],
    [
      'another service account, by a key',
      { credentials: OURS.file, impersonate: REVOKER },
      [minted(OURS), impersonated(OUR_TOKEN)],
    ],
  ])('by %s', async (_, config, calls, platform) => {
    const bench = await benchOf(config, [minted(LEAKED), ...calls, ...acting], platform);

    expect(await bench.run()).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    bench.verify();
  });

  it('with one access token for an hour', async () => {
    const bench = await benchOf(external(), [
      minted(LEAKED),
      exchanged(),
      ...acting,
      minted(LEAKED),
      ...acting,
    ]);

    await bench.run();
    await bench.run();

    bench.verify();
  });
});

it('takes a new access token when its time is over by the clock of Google, whatever ours says', async () => {
  const { expect: call, answer } = impersonated('federated');
  const issued = { expect: call, answer: { ...answer, headers: { date: 'Thu, 01 Jan 2026 00:59:30 GMT' } } };
  const config = external({ service_account_impersonation_url: impersonationUrl(REVOKER) });
  const step = [minted(LEAKED), issued, ...acting];
  const bench = await benchOf(config, [minted(LEAKED), exchanged('federated'), issued, ...acting, ...step]);

  await bench.run();
  await bench.run();

  bench.verify();
});

it('spares its own key also where it only lets Quash act as another', async () => {
  const bench = await startBench(gcp, () => ({ credentials: LEAKED.file, impersonate: REVOKER }), []);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(LEAKED.essence), { kind: 'service-account-file' });
  expect(ended.result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

describe('the lane pauses for a key that may not disable itself, and the check says so,', () => {
  const grant = { error: 'invalid_grant', error_description: 'The audience does not match.' };
  const gone = { error: { code: 404, message: 'Not found.', status: 'NOT_FOUND' } };
  const impersonating = external({ service_account_impersonation_url: impersonationUrl(REVOKER) });
  it.each<[string, object, readonly Exchange[], string, FakePlatform?]>([
    ['Google refuses the token', external(), [exchanged('', [400, grant])], 'of another pool'],
    ['the file of the token is missing', external(), [], 'no file with the token', {}],
    [
      'it may not act as the service account',
      impersonating,
      [exchanged('federated'), impersonated('federated', [403, denied])],
      'Token Creator',
    ],
    [
      'there is no such service account',
      impersonating,
      [exchanged('federated'), impersonated('federated', [404, gone])],
      'no such service account',
    ],
    [
      'the machine has no service account',
      { workloadIdentity: true },
      [metadata(404, 'Not found')],
      'no metadata server with one',
    ],
  ])('when %s', async (_, config, calls, words, platform) => {
    // What was exchanged before is kept.
    const again = calls.length > 1 ? calls.slice(1) : calls;
    const bySelf = record(LEAKED, 403, denied);
    const bench = await benchOf(config, [minted(LEAKED), ...calls, bySelf, ...again], platform);

    await expect(bench.run()).rejects.toMatchObject({ whose: 'provider' });
    const [check] = await bench.check();

    expect(check).toMatchObject({ ok: false, advice: expect.stringContaining(words) });
    bench.verify();
  });

  it('but what else answers in place of the metadata server gives no token', async () => {
    const bench = await benchOf({ workloadIdentity: true }, [
      minted(LEAKED),
      metadata(200, undefined, { 'metadata-flavor': 'other' }),
    ]);
    await expect(bench.run()).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});

describe('the configuration refuses', () => {
  const NEITHER = 'expected the JSON key of a service account, or an external account';
  it.each([
    ['credentials of another sort', { credentials: '{}' }, NEITHER],
    ['credentials that are no JSON', { credentials: 'key' }, NEITHER],
    ['another token endpoint', external({ token_url: 'https://sts.example.com/v1/token' }), NEITHER],
    [
      'a token from a host that the file names',
      external({ credential_source: { url: 'http://127.0.0.1/token' } }),
      NEITHER,
    ],
    [
      'a service account at another host',
      external({ service_account_impersonation_url: 'https://example.com/v1/x:generateAccessToken' }),
      NEITHER,
    ],
    ['two identities', { credentials: OURS.file, workloadIdentity: true }, 'expected false'],
    ['to act as another without any', { impersonate: REVOKER }, 'expected credentials or workloadIdentity'],
  ])('%s', (_, config, words) => {
    const tools = {
      ...noTools(),
      upstream: (base: string) => ({ base, request: () => expect.unreachable() }),
    };
    expect(() => gcp.create(gcp.config.parse(config), tools)).toThrow(words);
  });
});
