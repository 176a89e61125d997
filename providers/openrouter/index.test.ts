import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, gone, KEY, listed, management, notListed, works } from './cases.ts';
import { openrouter } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(openrouter, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return result;
}

describe('an API key', () => {
  it('of an account that is not configured is not deleted', async () => {
    expect(await run([works, notListed])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not called dead while it works, although its record is not found', async () => {
    const step = run([works, listed, works, notListed]);
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is not called dead while it is only disabled', async () => {
    await expect(run([works, listed, gone, listed])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that worked before is dead when its record is gone', async () => {
    expect(await run([works, listed, gone, notListed])).toMatchObject({ outcome: 'already-inactive' });
  });
});

describe('a management key', () => {
  it.each([
    { is_management_key: true, is_provisioning_key: true },
    { is_management_key: true },
    { is_provisioning_key: true },
  ])('goes to a person as one: %j', async (flags) => {
    expect(await run([management(flags), notListed])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      advice: expect.stringContaining('is a management key'),
    });
  });

  it('is not seen in flags that are off', async () => {
    const flags = { is_management_key: false, is_provisioning_key: null };
    expect(await run([management(flags), notListed])).toMatchObject({
      advice: expect.stringContaining('add its account'),
    });
  });
});
