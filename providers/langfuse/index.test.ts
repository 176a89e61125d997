import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, CONTEXT, cases, config, known, listed, SECRET_KEY } from './cases.ts';
import { langfuse } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], context = CONTEXT) {
  const bench = await startBench(langfuse, config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(SECRET_KEY), { kind: 'secret-key', context });
  bench.verify();
  return ended;
}

it('asks nothing without a public key beside the leak', async () => {
  const { result } = await run([], `SECRET=${SECRET_KEY}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('does not take a key of another organization for a dead one', async () => {
  const { result } = await run([alive, listed()]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a key dead that works while its record is not found', async () => {
  await expect(run([alive, known, alive, listed()])).rejects.toMatchObject({ code: 'still-active' });
});
