import { expect, it, onTestFinished } from 'vitest';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ACCESS, cases, INVALID, REFRESH, revoke, tokenInfo } from './cases.ts';
import { googleOauth } from './index.ts';

for (const spec of cases) describeProvider(spec);

const TOKEN = ['ya', `29.c${'k3y9'.repeat(40)}`].join('');

async function end(exchanges: readonly Exchange[]) {
  const bench = await startBench(googleOauth, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  return runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
}

it('waits for approval, as it ends the whole grant', () => {
  const upstream = () => ({ base: 'https://example.com', request: () => expect.unreachable() });
  const clock = { now: () => 0, sleep: async () => {} };
  const { kinds } = googleOauth.create({}, { upstream, clock, log: { info() {}, warn() {} } });
  expect(kinds.map(({ effect }) => effect)).toEqual(['wider', 'wider']);
});

it('lets the tokens of service accounts expire', async () => {
  const answer = { error: 'invalid_request', error_description: 'Token is not revocable.' };
  expect((await end([revoke(TOKEN, 400, answer)])).result).toEqual({ outcome: 'expires' });
});

it('is not done by another error', async () => {
  const answer = { error: 'invalid_request', error_description: 'Bad Request' };
  await expect(end([revoke(TOKEN, 400, answer)])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('asks again while the revocation has no effect yet', async () => {
  const script = [revoke(TOKEN, 200, {}), revoke(TOKEN, 200, {})];
  await expect(end(script)).rejects.toMatchObject({ code: 'still-active' });
});

it('takes a revocation as taken whose answer is only a status', async () => {
  const empty: Exchange = { ...revoke(TOKEN, 200, undefined), answer: { status: 200 } };
  const { result } = await end([empty, revoke(TOKEN, 400, INVALID)]);
  expect(result).toEqual({ outcome: 'revoked', proven: true });
});

it('asks whether an access token works without revoking anything', async () => {
  const bench = await startBench(googleOauth, () => ({}), [
    tokenInfo(ACCESS, 200, { aud: 'client', expires_in: '3000', scope: 'email' }),
    tokenInfo(ACCESS, 400, INVALID),
  ]);
  onTestFinished(() => bench.close());
  const looked = async (token: string, kind: string) =>
    bench.provider.look?.(new Secret(token), stepOf(bench.provider, new Secret(token), { kind }));
  expect(await looked(ACCESS, 'access-token')).toEqual({ outcome: 'alive' });
  expect(await looked(ACCESS, 'access-token')).toEqual({ outcome: 'expires' });
  expect(await looked(REFRESH, 'refresh-token')).toEqual({ outcome: 'undecided' });
  bench.verify();
  expect(bench.provider.verify).toBeUndefined();
});

it.each([
  ['as it is', REFRESH],
  ['in JSON with escaped slashes', `{"refresh_token":"${REFRESH.replaceAll('/', '\\/')}"}`],
  ['in a form', `grant_type%3Drefresh_token%26refresh_token%3D${REFRESH.replaceAll('/', '%2F')}`],
])('finds a refresh token %s', (_where, text) => {
  const upstream = () => ({ base: 'https://example.com', request: () => expect.unreachable() });
  const clock = { now: () => 0, sleep: async () => {} };
  const { kinds } = googleOauth.create({}, { upstream, clock, log: { info() {}, warn() {} } });
  const found = recognise(kinds, text);
  expect(found.ok && found.kind.inRequests?.(found.token)).toBe(REFRESH);
});
