import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, config, KEY, others } from './cases.ts';
import { fal } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('deletes no key that no account lists, although the deletion would be answered all the same', async () => {
  const bench = await startBench(fal, config, [alive, others]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});
