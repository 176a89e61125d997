import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, consumer, KEY, keys, page, record, remove } from './cases.ts';
import { zuplo } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('reads the list of consumers to its end', async () => {
  const others = Array.from({ length: 100 }, (_, index) => consumer(`other ${index}`));
  const exchanges = [page(0, ...others), page(100, consumer('app 1', KEY)), record, remove, keys()];
  const bench = await startBench(zuplo, config, exchanges);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(KEY), { kind: 'consumer-key' });
  expect(verified).toBe(true);
  bench.verify();
});
