/** Without a client secret: by a certificate, a federated token, or the managed identity of the machine. */
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerOf } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';
import { startBench } from '../../test/contract/provider-suite.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { FakePlatform } from '../../test/support/fake-workload.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { call, declined, GRAPH, ISSUED, OWN_ID, OWN_SECRET, TENANT } from './cases.ts';
import { CLOUDS, configSchema } from './config.ts';
import { azure } from './index.ts';
import { identityOf } from './own-identity.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_FILE = '/var/run/secrets/azure/tokens/azure-identity-token';
const JWT = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJxdWFzaCJ9', 'c2lnbmF0dXJl'].join('.');
/** What the webhook of AKS gives to a Pod. */
const AKS: FakePlatform = {
  variables: {
    AZURE_TENANT_ID: TENANT,
    AZURE_CLIENT_ID: OWN_ID,
    AZURE_FEDERATED_TOKEN_FILE: TOKEN_FILE,
    AZURE_AUTHORITY_HOST: 'https://login.example.com/',
  },
  files: { [TOKEN_FILE]: `${JWT}\n` },
};
const PEM = pemOf('rsa:2048');

function pemOf(newkey: string): string {
  const options = ['-newkey', newkey, '-noenc', '-keyout', '-', '-subj', '/CN=quash', '-days', '2'];
  return execFileSync('openssl', ['req', '-x509', ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

const TOKEN_PATH = `/login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`;

function federated(client_assertion: string, status = 200, json: unknown = ISSUED): Exchange {
  const grant = { grant_type: 'client_credentials', client_id: OWN_ID, scope: GRAPH };
  const form = { ...grant, client_assertion, client_assertion_type: ASSERTION_TYPE };
  return { expect: { method: 'POST', path: TOKEN_PATH, form }, answer: { status, json } };
}

/** https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
function metadata(client = '', status = 200, json?: unknown): Exchange {
  const query = `api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com${client}`;
  const path = `/169.254.169.254/metadata/identity/oauth2/token?${query}`;
  const issued = { ...ISSUED, expires_in: '3599', resource: 'https://graph.microsoft.com' };
  return {
    expect: { method: 'GET', path, headers: { metadata: 'true' } },
    answer: { status, json: json ?? issued },
  };
}

const listed = call('GET', '/graph.microsoft.com/v1.0/applications?%24top=1', 200, { value: [] });

async function benchOf(config: object, script: readonly Exchange[], platform: FakePlatform = {}) {
  const bench = await startBench(azure, () => config, script, { platform });
  onTestFinished(() => bench.close());
  return {
    ...bench,
    check: async () => (await bench.provider.check?.(new AbortController().signal)) ?? [],
  };
}

describe('Quash signs in', () => {
  it.each<[string, object, readonly Exchange[], FakePlatform]>([
    ['by the federated token of its Pod', { workloadIdentity: true }, [federated(JWT)], AKS],
    [
      'by the managed identity of its machine',
      { workloadIdentity: true, tenantId: TENANT },
      [metadata()],
      {},
    ],
    [
      'by one of several managed identities',
      { workloadIdentity: true, tenantId: TENANT, clientId: OWN_ID },
      [metadata(`&client_id=${OWN_ID}`)],
      {},
    ],
  ])('%s', async (_, config, calls, platform) => {
    const { check, verify } = await benchOf(config, [...calls, listed], platform);

    expect(await check()).toEqual([{ name: 'Microsoft Graph', ok: true }]);
    verify();
  });

  it('by a certificate, with a token that only its key can sign', async () => {
    const issued = { method: 'POST', path: TOKEN_PATH };
    const config = { tenantId: TENANT, clientId: OWN_ID, certificate: PEM };
    // The assertion is another one each time, so the script cannot have it.
    const script = [{ expect: issued, answer: { status: 200, json: ISSUED } }, listed];
    const { check, requests, clock } = await benchOf(config, script);

    await check();

    const form = Object.fromEntries(new URLSearchParams(requests[0]?.body));
    const { client_assertion = '', ...others } = form;
    expect(others).toEqual({
      grant_type: 'client_credentials',
      client_id: OWN_ID,
      scope: GRAPH,
      client_assertion_type: ASSERTION_TYPE,
    });
    const certificate = new X509Certificate(PEM);
    const { protectedHeader } = await jwtVerify(client_assertion, createPublicKey(PEM), {
      ...{ algorithms: ['PS256'], currentDate: new Date(clock.now()), issuer: OWN_ID, subject: OWN_ID },
      audience: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
      requiredClaims: ['jti', 'nbf', 'exp'],
    });
    const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
    expect(protectedHeader['x5t#S256']).toBe(thumbprint);
  });

  it('anew by the token that its file has then', async () => {
    const files = { [TOKEN_FILE]: JWT };
    const script = [federated(JWT), listed, listed, federated(`${JWT}2`), listed];
    const { check, clock, verify } = await benchOf({ workloadIdentity: true }, script, { ...AKS, files });

    await check();
    files[TOKEN_FILE] = `${JWT}2`;
    await check();
    await clock.advance(3_600_000);
    await check();

    verify();
  });
});

it.each([
  ['what we have just signed', { certificate: PEM }, 'wrong-clock'],
  ['the secret', { clientSecret: OWN_SECRET }, 'credential-refused'],
])('takes our clock for wrong where Entra says that its time is over, of %s', async (_, proof, code) => {
  const base = parseBase('https://login.microsoftonline.com');
  const text = JSON.stringify(declined(700024));
  const late = answerOf(base, { status: 401, header: () => undefined, text });
  const log = { warn() {}, info() {} };
  const tools = {
    upstream: () => ({ base: base.href, request: async () => late }),
    clock: new FakeClock(),
    log,
  };
  const parsed = configSchema.parse({ tenantId: TENANT, clientId: OWN_ID, ...proof });
  const own = identityOf(parsed, CLOUDS.public, tools);
  await expect(own?.issue(GRAPH, new AbortController().signal)).rejects.toMatchObject({ code });
});

describe('the check says', () => {
  const MACHINE = { workloadIdentity: true, tenantId: TENANT };
  const none = { error: 'invalid_request', error_description: 'Identity not found' };
  it.each<[string, object, readonly Exchange[], FakePlatform, string]>([
    [
      'that Entra refuses the federated token',
      { workloadIdentity: true },
      [federated(JWT, 401, declined(700213))],
      AKS,
      'federated token',
    ],
    ['that its file is missing', { workloadIdentity: true }, [], { ...AKS, files: {} }, 'cannot be read'],
    ['that the machine has no identity', MACHINE, [metadata('', 400, none)], {}, 'no such managed identity'],
    ['that the service is being updated', MACHINE, [metadata('', 410, none)], {}, 'not available now'],
  ])('%s', async (_, config, script, platform, words) => {
    const { check, verify } = await benchOf(config, script, platform);

    expect(await check()).toEqual([
      { name: 'Microsoft Graph', ok: false, advice: expect.stringContaining(words) },
    ]);
    verify();
  });
});

describe('the configuration refuses', () => {
  const both = { tenantId: TENANT, clientId: OWN_ID };
  it.each<[string, object, readonly string[]]>([
    ['a client without any proof', both, ['clientSecret']],
    ['a secret without its client', { tenantId: TENANT, clientSecret: OWN_SECRET }, ['clientId']],
    ['a certificate without its tenant', { clientId: OWN_ID, certificate: PEM }, ['tenantId']],
    ['a workload without its tenant', { workloadIdentity: true }, ['tenantId']],
    ['two proofs', { ...both, clientSecret: OWN_SECRET, certificate: PEM }, ['certificate']],
    [
      'a secret and a workload',
      { ...both, clientSecret: OWN_SECRET, workloadIdentity: true },
      ['workloadIdentity'],
    ],
    [
      'a certificate without its key',
      { ...both, certificate: new X509Certificate(PEM).toString() },
      ['certificate'],
    ],
    [
      'the key of another certificate',
      { ...both, certificate: new X509Certificate(PEM).toString() + keyIn(pemOf('rsa:2048')) },
      ['certificate'],
    ],
  ])('%s', async (_, config, path) => {
    await expect(startBench(azure, () => config, [])).rejects.toMatchObject({ name: 'ConfigFault', path });
  });
});

function keyIn(pem: string): string {
  return pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE-----'));
}
