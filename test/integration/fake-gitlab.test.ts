/** What the provider's own tests do not show of the fake GitLab: that it behaves as the documents say. */
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeGitlab, type FakeGitlabOptions, startFakeGitlab } from '../../src/fakes/gitlab.ts';

const ADMIN = ['gl', 'pat-', 'Adm1'.repeat(5)].join('');

const fakes: FakeGitlab[] = [];
afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

async function start(options: FakeGitlabOptions = {}) {
  const fake = await startFakeGitlab({ adminToken: ADMIN, ...options });
  fakes.push(fake);
  return fake;
}

async function call(fake: FakeGitlab, method: string, path: string, credential?: string, body?: object) {
  const headers = {
    'content-type': 'application/json',
    ...(credential !== undefined && { 'private-token': credential }),
  };
  const response = await fetch(`${fake.url}/api/v4${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : text,
  };
}

const info = (fake: FakeGitlab, token: string) => call(fake, 'POST', '/admin/token', ADMIN, { token });
const revoke = (fake: FakeGitlab, token: string) => call(fake, 'DELETE', '/admin/token', ADMIN, { token });

describe('the fake GitLab', () => {
  it('answers 204 and sends another e-mail when an access token is revoked again', async () => {
    const fake = await start();
    const token = fake.addToken('personal');
    expect((await revoke(fake, token.value)).status).toBe(204);
    expect((await revoke(fake, token.value)).status).toBe(204);
    expect(token).toMatchObject({ revoked: true, mails: 2, revocations: 2 });
    expect((await info(fake, token.value)).body).toMatchObject({ revoked: true, active: false });
  });

  it('answers 404 when a token is reset again', async () => {
    const fake = await start();
    const { value } = fake.addToken('feed');
    expect((await revoke(fake, value)).status).toBe(204);
    expect(await revoke(fake, value)).toMatchObject({
      status: 404,
      body: { message: { error: 'Not found' } },
    });
  });

  it('answers 500 for what it knows but cannot revoke', async () => {
    const fake = await start();
    const job = fake.addToken('job');
    expect((await info(fake, job.value)).status).toBe(200);
    expect((await revoke(fake, job.value)).status).toBe(500);
  });

  it('calls a registration token not found although it is alive', async () => {
    const fake = await start();
    const { value } = fake.addToken('runner-registration');
    expect((await info(fake, value)).status).toBe(404);
  });

  it.each([
    ['17.5', 'deploy', 200],
    ['17.5', 'feed', 422],
    ['17.6', 'feed', 200],
    ['17.6', 'agent', 422],
    ['17.7', 'agent', 200],
    ['17.8', 'session', 422],
    ['17.9', 'session', 200],
    ['18.9', 'scim', 422],
    ['19.0', 'scim', 200],
    ['19.0', 'legacy-runner', 422],
    ['19.4', 'legacy-runner', 200],
  ] as const)('of version %s answers for a %s token with %i', async (version, kind, status) => {
    const fake = await start({ version });
    expect((await info(fake, fake.addToken(kind).value)).status).toBe(status);
  });

  it('issues tokens with the prefix of the instance and still takes the default one', async () => {
    const fake = await start({ instanceTokenPrefix: 'acme' });
    const token = fake.addToken('deploy');
    expect(token.value).toMatch(/^acme-gldt-/);
    expect((await info(fake, token.value.replace('acme-', ''))).status).toBe(404);
    expect((await info(fake, token.value)).status).toBe(200);
  });

  it('puts the prefix of the instance before that of access tokens, too', async () => {
    const fake = await start({ instanceTokenPrefix: 'acme', personalAccessTokenPrefix: 'own-' });
    const { value } = fake.addToken('personal');
    expect(value).toMatch(/^acme-glpat-/);
    expect((await info(fake, value)).status).toBe(200);
    expect(
      (await info(fake, fake.addToken('personal', { value: `own-${'k3y9'.repeat(5)}` }).value)).status,
    ).toBe(200);
  });

  it('knows SCIM tokens in one version before it resets them', async () => {
    const fake = await start({ version: '19.0' });
    const { value } = fake.addToken('scim');
    expect(await revoke(fake, value)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Revocation not supported') },
    });
    fake.configure({ version: '19.1' });
    expect((await revoke(fake, value)).status).toBe(204);
  });

  it('takes a question about the token of a runner for a sign of life of it', async () => {
    const fake = await start();
    const token = fake.addToken('runner');
    expect((await call(fake, 'POST', '/runners/verify', undefined, { token: token.value })).status).toBe(200);
    expect(token.heartbeats).toBe(1);
    expect((await info(fake, token.value)).status).toBe(200);
    expect(token.heartbeats).toBe(1);
  });

  it('calls a fine-grained token inactive while their feature flag is off, and does not let it in', async () => {
    const fake = await start();
    const token = fake.addToken('personal', { dormant: true });
    expect((await info(fake, token.value)).body).toMatchObject({ revoked: false, active: false });
    expect((await call(fake, 'GET', '/personal_access_tokens/self', token.value)).status).toBe(401);
  });

  it('says 401 in another way for each reason', async () => {
    const fake = await start();
    const ask = async (token: { value: string }) =>
      (await call(fake, 'GET', '/personal_access_tokens/self', token.value)).body;
    expect(await ask(fake.addToken('personal', { revoked: true }))).toMatchObject({
      error_description: expect.stringContaining('Token was revoked'),
    });
    expect(await ask(fake.addToken('personal', { expiresAtMs: 1 }))).toMatchObject({
      error_description: expect.stringContaining('Token is expired'),
    });
    expect(await ask({ value: 'unknown' })).toEqual({ message: '401 Unauthorized' });
  });

  it('throttles in plain text', async () => {
    const fake = await start({ callsLeft: 1, retryAfterSeconds: 7 });
    expect((await call(fake, 'GET', '/version', ADMIN)).status).toBe(200);
    const { status, headers, body } = await call(fake, 'GET', '/version', ADMIN);
    expect([status, headers.get('retry-after'), headers.get('content-type'), body]).toEqual([
      429,
      '7',
      'text/plain',
      'Retry later\n',
    ]);
  });

  it('shows a new runner token when one is reset', async () => {
    const fake = await start();
    const runner = fake.addToken('runner');
    const leaked = runner.value;
    const { status, body } = await call(fake, 'POST', '/runners/reset_authentication_token', undefined, {
      token: leaked,
    });
    expect(status).toBe(201);
    expect(body.token).toBe(runner.value);
    expect(body.token).not.toBe(leaked);
  });

  it('records every call with the class of its credential, marks unknown routes, and shows no secret', async () => {
    const fake = await start();
    const user = fake.addToken('personal');
    await call(fake, 'GET', '/version', ADMIN);
    await call(fake, 'GET', '/version', user.value);
    await call(fake, 'GET', '/version', 'nobody');
    await call(fake, 'GET', '/users');
    expect(fake.calls).toEqual([
      { method: 'GET', path: '/version', credential: 'admin', status: 200, unexpected: false },
      { method: 'GET', path: '/version', credential: 'user', status: 200, unexpected: false },
      { method: 'GET', path: '/version', credential: 'unknown', status: 401, unexpected: false },
      { method: 'GET', path: '/users', credential: 'none', status: 404, unexpected: true },
    ]);
    expect(JSON.stringify(fake.calls)).not.toMatch(/pat-/);
  });

  it('stores application settings for an administrator alone', async () => {
    const fake = await start();
    const change = { secret_detection_token_revocation_enabled: true };
    expect(
      (await call(fake, 'PUT', '/application/settings', fake.addToken('personal').value, change)).status,
    ).toBe(403);
    expect(fake.applicationSettings).toEqual({});
    expect((await call(fake, 'PUT', '/application/settings', ADMIN, change)).status).toBe(200);
    expect(fake.applicationSettings).toEqual(change);
  });
});
