import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ADMIN,
  apiToken,
  asAdmin,
  asToken,
  CLIENT_SECRET,
  cases,
  REFUSED,
  SECRETS_PATH,
  secret,
  TOKEN,
} from './cases.ts';
import { okta } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[], names: readonly string[] = ['acme']) {
  const config = () => ({
    organizations: names.map((name) => ({ url: `https://${name}.okta.com`, apiToken: ADMIN })),
  });
  const started = await startBench(okta, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

it('tells whose an API token is that a person has to delete', async () => {
  const denied = await bench(apiToken.scripts.forbidden.exchanges);
  const { result, subject } = await runStep(denied, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  expect(subject).toEqual({ owner: 'alice@example.com' });
});

it("asks for a successor before it deactivates an application's only secret", async () => {
  const list = asAdmin('GET', SECRETS_PATH, 200, [secret('ocs2', CLIENT_SECRET)]);
  const only = await bench([
    asAdmin('GET', '/api/v1/apps?limit=50', 200, [{ id: '0oa2', signOnMode: 'OPENID_CONNECT' }]),
    list,
    list,
    list,
    list,
  ]);
  const { result } = await runStep(only, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  only.verify();
});

it('finds a client secret past an application that is closed to our administrator, and says so where it does not', async () => {
  const apps = asAdmin('GET', '/api/v1/apps?limit=50', 200, [
    { id: '0oa1', signOnMode: 'OPENID_CONNECT' },
    { id: '0oa2', signOnMode: 'OPENID_CONNECT' },
  ]);
  const closed = asAdmin('GET', '/api/v1/apps/0oa1/credentials/secrets', 403, { errorCode: 'E0000006' });
  const shown = (value: string, status: 'ACTIVE' | 'INACTIVE' = 'ACTIVE') =>
    asAdmin('GET', SECRETS_PATH, 200, [secret('ocs1', 'another'), secret('ocs2', value, status)]);
  const deactivated = asAdmin(
    'POST',
    `${SECRETS_PATH}/ocs2/lifecycle/deactivate`,
    200,
    secret('ocs2', CLIENT_SECRET, 'INACTIVE'),
  );
  const has = shown(CLIENT_SECRET);
  const calls = [apps, closed, has, has, has, has, deactivated, shown(CLIENT_SECRET, 'INACTIVE')];
  const other = await bench(calls);
  const kind = { kind: 'client-secret' };
  expect(await runStep(other, new Secret(CLIENT_SECRET), kind)).toMatchObject({ verified: true });
  other.verify();
  const none = await bench([apps, closed, shown('none')]);
  const failure = { code: 'permission-missing', scope: 'entry' };
  await expect(runStep(none, new Secret(CLIENT_SECRET), kind)).rejects.toMatchObject(failure);
});

describe('a client secret that somebody has chosen', () => {
  const apps = (...ids: readonly string[]) =>
    asAdmin(
      'GET',
      '/api/v1/apps?limit=50',
      200,
      ids.map((id) => ({ id, signOnMode: 'OPENID_CONNECT' })),
    );
  const has = (id: string) =>
    asAdmin('GET', `/api/v1/apps/${id}/credentials/secrets`, 200, [secret(`ocs${id}`, CLIENT_SECRET)]);
  const atOther = ({ expect: call, answer }: Exchange): Exchange => ({
    expect: { ...call, path: call.path.replace('acme', 'other') },
    answer,
  });

  it('is deactivated at none of two applications that have it', async () => {
    const two = await bench([apps('0oa1', '0oa2'), has('0oa1'), has('0oa2')]);
    const { result } = await runStep(two, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
    const evidence = { candidates: [{ appId: '0oa1' }, { appId: '0oa2' }] };
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous', evidence });
    two.verify();
  });

  it('is deactivated at neither of two organizations that have it', async () => {
    const reading = [apps('0oa1'), has('0oa1'), has('0oa1')];
    const both = await bench([...reading, ...reading.map(atOther)], ['acme', 'other']);
    const { result } = await runStep(both, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    both.verify();
  });
});

it('does not take an application that is out of sight for one that has lost its secret', async () => {
  const shown = asAdmin('GET', SECRETS_PATH, 200, [secret('ocs2', CLIENT_SECRET), secret('ocs1', 'another')]);
  const hidden = asAdmin('GET', SECRETS_PATH, 404, { errorCode: 'E0000007' });
  const page = asAdmin('GET', '/api/v1/apps?limit=50', 200, [{ id: '0oa2', signOnMode: 'OPENID_CONNECT' }]);
  const out = await bench([page, shown, shown, hidden]);
  const { result } = await runStep(out, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  out.verify();
});

it('takes a secret for dead that its application has lost since it was found, and not one that is hidden', async () => {
  const page = asAdmin('GET', '/api/v1/apps?limit=50', 200, [{ id: '0oa2', signOnMode: 'OPENID_CONNECT' }]);
  const secrets = (...all: readonly object[]) =>
    asAdmin('GET', SECRETS_PATH, 200, [secret('ocs1', 'another'), ...all]);
  const shown = secrets(secret('ocs2', CLIENT_SECRET));
  const kind = { kind: 'client-secret' };
  const lost = await bench([page, shown, shown, secrets()]);
  expect((await runStep(lost, new Secret(CLIENT_SECRET), kind)).result).toMatchObject({
    outcome: 'already-inactive',
    proven: true,
  });
  lost.verify();
  const { client_secret: _, ...hidden } = secret('ocs2', CLIENT_SECRET);
  const kept = await bench([page, shown, shown, secrets(hidden)]);
  await expect(runStep(kept, new Secret(CLIENT_SECRET), kind)).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

// The vendor calls it nullable: https://github.com/okta/okta-developer-docs/pull/2969.
it('finds a client secret beside one without a text', async () => {
  const page = asAdmin('GET', '/api/v1/apps?limit=50', 200, [{ id: '0oa2', signOnMode: 'OPENID_CONNECT' }]);
  const without = { ...secret('ocs1', ''), client_secret: null };
  const shown = asAdmin('GET', SECRETS_PATH, 200, [without, secret('ocs2', CLIENT_SECRET, 'INACTIVE')]);
  const beside = await bench([page, shown, shown]);
  const { result } = await runStep(beside, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'already-inactive' });
  beside.verify();
});

describe('the search for a client secret', () => {
  const ids = Array.from({ length: 25 }, (_, index) => `0oa${index}`);
  const page = asAdmin(
    'GET',
    '/api/v1/apps?limit=50',
    200,
    ids.map((id) => ({ id, signOnMode: 'OPENID_CONNECT' })),
  );
  const secretsOf = (id: string) =>
    asAdmin('GET', `/api/v1/apps/${id}/credentials/secrets`, 200, [
      secret(`ocs${id}`, id === '0oa3' ? CLIENT_SECRET : 'another', 'INACTIVE'),
    ]);
  const reading = [page, ...ids.map(secretsOf)];
  const FORGED = 'f0rg3d-_'.repeat(5);
  const revoke = (on: Awaited<ReturnType<typeof bench>>, text: string) =>
    runStep(on, new Secret(text), { kind: 'client-secret' });

  it('makes a few calls a step, and goes on in the next one', async () => {
    const long = await bench(reading);
    const token = new Secret(FORGED);
    const first = stepOf(long.provider, token, { kind: 'client-secret' });
    expect(await long.provider.revoke(token, first)).toMatchObject({ outcome: 'continue' });
    expect(long.requests).toHaveLength(20);
    const next = stepOf(long.provider, token, { kind: 'client-secret', notes: [first.remembered] });
    expect(await long.provider.revoke(token, next)).toMatchObject({ outcome: 'unknown' });
    long.verify();
  });

  it('goes on from one page of applications to the next', async () => {
    const link = '<https://acme.okta.com/api/v1/apps?after=c1&limit=50>; rel="next"';
    const of = (id: string) => [{ id, signOnMode: 'OPENID_CONNECT' }];
    const paged = await bench([
      asAdmin('GET', '/api/v1/apps?limit=50', 200, of('0oa0'), { link }),
      secretsOf('0oa0'),
      asAdmin('GET', '/api/v1/apps?limit=50&after=c1', 200, of('0oa3')),
      secretsOf('0oa3'),
      secretsOf('0oa3'),
    ]);
    expect((await revoke(paged, CLIENT_SECRET)).result).toMatchObject({ outcome: 'already-inactive' });
    paged.verify();
  });

  it('is one reading for many tokens', async () => {
    const shared = await bench([...reading, secretsOf('0oa3')]);
    expect((await revoke(shared, FORGED)).result).toMatchObject({ reason: 'unknown-token' });
    expect((await revoke(shared, CLIENT_SECRET)).result).toMatchObject({ outcome: 'already-inactive' });
    shared.verify();
  });
});

it('does not revoke its own API token, as that would be its last call', async () => {
  const own = await bench([]);
  const { result } = await runStep(own, new Secret(ADMIN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('does not call a token dead that may be of a user who was suspended since it was let in', async () => {
  const me = (status: number, json: unknown) => asToken('GET', '/api/v1/users/me', status, json);
  const suspended = await bench([me(200, { id: '00u1' }), me(401, REFUSED)]);
  const { result } = await runStep(suspended, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  suspended.verify();
});

it('does not take a 401 for another reason as "no such token"', async () => {
  const other = { errorCode: 'E0000004', errorSummary: 'Authentication failed' };
  const odd = await bench([asToken('GET', '/api/v1/users/me', 401, other)]);
  const { token } = cases[0] ?? { token: '' };
  await expect(runStep(odd, new Secret(token), { kind: 'api-token' })).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});
