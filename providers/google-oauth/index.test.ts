import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, revoke } from './cases.ts';
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
