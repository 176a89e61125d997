import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { account, alive, cases, gone, limited, locked, revoke, TOKEN } from './cases.ts';
import { cargoRegistry } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases) {
  itEndsAtCopies(spec, (urls) => ({ registries: urls.map((url) => ({ url })) }), {
    look: [alive],
    revoke: [revoke(204)],
    gone: [gone],
  });
}

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(cargoRegistry, (url) => ({ registries: [{ url }] }), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  bench.verify();
  return result;
}

describe('a token of a Rust package registry', () => {
  it('is taken by no registry that is built in', async () => {
    const bench = await startBench(cargoRegistry, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('that is limited to endpoints goes to its owner', async () => {
    expect(await run([alive, alive, limited])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not called dead while its account is locked, even where it worked before', async () => {
    await expect(run([alive, locked])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that worked just before and does not now is dead', async () => {
    expect(await run([alive, gone])).toMatchObject({ outcome: 'already-inactive' });
  });

  it('works where the registry shows it the account page', async () => {
    expect(await run([account, gone])).toMatchObject({ outcome: 'already-inactive' });
  });
});
