import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, list, TOKEN, UNKNOWN } from './cases.ts';
import { influxdb } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('finds no token where the instance shows none', async () => {
  const bench = await startBench(influxdb, config, [list('redacted', 'redacted')]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject(UNKNOWN);
  bench.verify();
});
