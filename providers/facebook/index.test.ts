import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, done, error, look, TOKEN, withdrawal } from './cases.ts';
import { facebook } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(facebook, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  return runStep(bench, new Secret(TOKEN), { kind: 'user-token' });
}

it('waits for approval', async () => {
  const bench = await startBench(facebook, () => ({}), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds).toMatchObject([{ effect: 'wider', warning: expect.any(String) }]);
});

it.each([4, 17, 32, 341, 613])('pauses at the error code %i, which is no 429', async (code) => {
  await expect(run([withdrawal(400, error(code))])).rejects.toMatchObject({ code: 'throttled' });
});

it.each([1, 2])('tries again after the passing fault %i', async (code) => {
  await expect(run([withdrawal(400, error(code))])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it.each([459, 464, 490, 492, 999])(
  'does not take a token for dead by the subcode %i, which passes',
  async (subcode) => {
    await expect(run([withdrawal(400, error(190, subcode))])).rejects.toMatchObject({ code: 'suspended' });
    await expect(run([done, look(400, error(190, subcode))])).rejects.toMatchObject({ code: 'suspended' });
  },
);

it('tries again while the user is blocked for a time', async () => {
  await expect(run([withdrawal(400, error(368))])).rejects.toMatchObject({ code: 'suspended' });
});

it.each([458, 460, 463, 466, 467])('knows a dead token by the subcode %i', async (subcode) => {
  expect(await run([withdrawal(400, error(190, subcode))])).toMatchObject({
    result: { outcome: 'already-inactive' },
    verified: true,
  });
});

it('does not take a token for dead when Meta says that it may be a system error', async () => {
  const words = (may: string) => error(190, 467, `Error validating access token: ${may}`);
  const unsure = words('This may be because the user logged out or may be due to a system error.');
  await expect(run([withdrawal(400, unsure)])).rejects.toMatchObject({ code: 'suspended' });
  await expect(run([done, look(400, unsure)])).rejects.toMatchObject({ code: 'suspended' });
  const sure = words('The session is invalid because the user logged out.');
  expect((await run([withdrawal(400, sure)])).result).toMatchObject({ outcome: 'already-inactive' });
});

it('reads a session that has ended like a token that does not work', async () => {
  expect(await run([withdrawal(400, error(102, 463))])).toMatchObject({
    result: { outcome: 'already-inactive' },
  });
  expect(await run([withdrawal(400, error(102))])).toMatchObject({
    result: { outcome: 'refused', reason: 'unknown-token' },
  });
  await expect(run([withdrawal(400, error(102, 459))])).rejects.toMatchObject({ code: 'suspended' });
});

it('is not done while the token still works', async () => {
  await expect(run([done, look(200, { id: '1', name: 'A' })])).rejects.toMatchObject({
    code: 'still-active',
  });
});

it('takes an answer that says no for no success', async () => {
  await expect(run([withdrawal(200, { success: false })])).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('does not say that a token is dead which Meta cannot read after the withdrawal', async () => {
  const end = await run([withdrawal(200, true), look(400, error(190))]);
  expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
});
