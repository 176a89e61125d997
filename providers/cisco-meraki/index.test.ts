import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, KEY, keptOut, listed } from './cases.ts';
import { ciscoMeraki } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('waits for a key that an organization lets in from other addresses alone', async () => {
  const bench = await startBench(ciscoMeraki, () => ({}), [keptOut]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
});

it.each([[['ee12', 'ee12']], [['abcd']]])('leaves it to a person when keys end in %o', async (suffixes) => {
  const bench = await startBench(ciscoMeraki, () => ({}), [listed(...suffixes)]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  bench.verify();
});
