import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import { callWith, cases, INVALID, LEGACY, TOKEN } from './cases.ts';
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

describe('a token without a prefix', () => {
  const call = callWith(LEGACY);
  const onBench = async (exchanges: Parameters<typeof startBench>[2]) => {
    const bench = await startBench(vercel, () => ({}), exchanges);
    onTestFinished(() => bench.close());
    return bench;
  };

  it('is not dead because Vercel refuses it, as any other secret would be refused', async () => {
    const bench = await onBench([call('DELETE', 403, INVALID)]);
    const { result } = await runStep(bench, new Secret(LEGACY), { kind: 'access-token' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is dead when it was seen to work before', async () => {
    const bench = await onBench([
      call('GET', 200, { token: { id: '5d9f2ebd38ddca62' } }),
      call('DELETE', 403, INVALID),
    ]);
    const token = new Secret(LEGACY);
    const looking = stepOf(bench.provider, token, { kind: 'access-token' });
    expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
    const notes = [looking.remembered];
    const { result } = await runStep(bench, token, { kind: 'access-token', notes });
    expect(result).toMatchObject({ outcome: 'already-inactive' });
  });
});
