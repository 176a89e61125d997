import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import { cases, gone, KEY, keptOut, listed } from './cases.ts';
import { ciscoMeraki } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('waits for a key that an organization lets in from other addresses alone', async () => {
  const bench = await startBench(ciscoMeraki, () => ({}), [keptOut]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
});

it.each([
  [['ee12', 'ee12'], [listed('ee12', 'ee12')]],
  [['abcd'], untilTold([listed('abcd')])],
])('leaves it to a person when keys end in %o', async (_suffixes, exchanges) => {
  const bench = await startBench(ciscoMeraki, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  bench.verify();
});

it('bothers nobody with a key that was revoked a moment ago, and goes on for minutes', async () => {
  const bench = await startBench(ciscoMeraki, () => ({}), [listed('abcd'), gone]);
  onTestFinished(() => bench.close());
  const { result, verified } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  bench.verify();
});
