import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, details, disabled, KEY, otherwise, remove, signedIn } from './cases.ts';
import { ibmCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(ibmCloud, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return result;
}

describe('an API key', () => {
  it.each([
    ['it is locked', remove(409, { errors: [{ code: 'conflict' }] })],
    ['it may not manage keys', remove(403, { errors: [{ code: 'forbidden' }] })],
  ])('goes to a person when %s', async (_when, answer) => {
    expect(await run([signedIn, details, answer])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
    });
  });

  it('that is disabled is tried again, as it can be enabled', async () => {
    await expect(run([disabled])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not called dead when it is refused in other words', async () => {
    await expect(run([otherwise])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});
