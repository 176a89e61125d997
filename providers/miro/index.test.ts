import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, app, cases, error, gone, info, revoke, TOKEN } from './cases.ts';
import { miro } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(miro, () => ({ apps: [app('app-1'), app('app-2')] }), exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  return ended;
}

it('tries one app after the other', async () => {
  const ended = await run([alive, alive, revoke('app-1', 404), revoke('app-2', 204), gone]);
  expect(ended).toMatchObject({ result: { evidence: { app: 'app-2' } }, verified: true });
});

it('tries the next app when one is refused, and calls the token no other one’s then', async () => {
  const ended = await run([alive, alive, revoke('app-1', 401), revoke('app-2', 204), gone]);
  expect(ended).toMatchObject({ result: { evidence: { app: 'app-2' } }, verified: true });
  const nowhere = run([alive, alive, revoke('app-1', 401), revoke('app-2', 404)]);
  await expect(nowhere).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('leaves a token of another app to a person', async () => {
  const { result } = await run([alive, alive, revoke('app-1', 404), revoke('app-2', 404)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it.each([400, 401])('is not dead by a %i that says nothing of the token', async (status) => {
  const other = info(status, error(status, 'invalidParameters'));
  await expect(run([alive, other])).rejects.toMatchObject({ code: 'unexpected-answer' });
});
