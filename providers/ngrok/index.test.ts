import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, error, KEY, refusedDeletion } from './cases.ts';
import { ngrok } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(ngrok, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return ended;
}

it('leaves the authtoken of an agent to a person', async () => {
  const { result } = await run([error(400, 206)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it('does not call a key dead that worked before, as its service user may be deactivated', async () => {
  expect((await run([alive, error(401, 203)])).result).toMatchObject({
    outcome: 'refused',
    reason: 'manual',
  });
  await expect(run([alive, error(403, 636)])).rejects.toMatchObject({ code: 'suspended' });
});

it('does not call a key dead whose account is suspended, even where it worked before', async () => {
  await expect(run([alive, error(403, 205)])).rejects.toMatchObject({ code: 'suspended' });
});

it('leaves a key to a person that may not delete itself', async () => {
  const { result } = await run([alive, alive, refusedDeletion(201)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('tries again when the account was suspended in between', async () => {
  await expect(run([alive, alive, refusedDeletion(205)])).rejects.toMatchObject({ code: 'suspended' });
});
