import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { blocked, cases, config, foreign, INVALID, itself, KEY } from './cases.ts';
import { xai } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('does not touch a key of another team, nor call it dead', async () => {
  const bench = await startBench(xai, config, [foreign]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});

it('reads a refusal that is percent-encoded', async () => {
  const encoded = { ...INVALID, error: encodeURI(INVALID.error) };
  const bench = await startBench(xai, config, [itself(400, encoded)]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('waits for a key that is blocked', async () => {
  const bench = await startBench(xai, config, [blocked]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});
