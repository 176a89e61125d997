import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, CONTEXT, cases, config, foreign, KEY, OWN_CONTEXT } from './cases.ts';
import { scaleway } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['none stands beside it', [alive], 'nothing here'],
  ['the one beside it is our own', [alive], OWN_CONTEXT],
  ['the one beside it is of another organization', [alive, foreign], CONTEXT],
])('asks for the access key when %s', async (_when, exchanges, context) => {
  const bench = await startBench(scaleway, config, exchanges);
  onTestFinished(() => bench.close());
  const step = { kind: 'secret-key', context, mayActUnproven: true };
  const { result } = await runStep(bench, new Secret(KEY), step);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  bench.verify();
});
