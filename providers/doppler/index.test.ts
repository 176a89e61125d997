import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { callsWith, cases, INVALID, PERSONAL } from './cases.ts';
import { doppler } from './index.ts';

for (const spec of cases) describeProvider(spec);

const { revoke, me } = callsWith(PERSONAL);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(doppler, () => ({}), exchanges);
  try {
    return await runStep(bench, new Secret(PERSONAL), { kind: 'token' });
  } finally {
    await bench.close();
  }
}

describe('doppler', () => {
  it('does not take a refused revocation for a dead token', async () => {
    const { result } = await run([revoke(400, INVALID), me(200, { type: 'personal' })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not content with a 200 when the token still works', async () => {
    await expect(run([revoke(200), me(200, { type: 'personal' })])).rejects.toMatchObject({
      code: 'still-active',
    });
  });
});
