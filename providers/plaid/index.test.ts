import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, client, gone, TOKEN } from './cases.ts';
import { plaid } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('asks only the clients of the environment that the token names', async () => {
  const clients = [client('sandbox'), client('production')];
  const bench = await startBench(plaid, () => ({ clients }), [gone]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});
