import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { callWith, cases, TOKEN } from './cases.ts';
import { vercel } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('sees that a token which merely lacks a right still works', async () => {
  const call = callWith(TOKEN);
  const bench = await startBench(vercel, () => ({}), [
    call('DELETE', 200, { tokenId: '5d9f2ebd38ddca62' }),
    call('GET', 403, { error: { code: 'forbidden', message: 'Not authorized' } }),
  ]);
  try {
    const step = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  } finally {
    await bench.close();
  }
});
