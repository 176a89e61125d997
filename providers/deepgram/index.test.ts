import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, config, elsewhere, KEY } from './cases.ts';
import { deepgram } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('does not take a key of another project for a dead one', async () => {
  const bench = await startBench(deepgram, config, [alive, elsewhere]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});
