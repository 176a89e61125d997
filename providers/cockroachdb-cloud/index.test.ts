import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, config, elsewhere, gone, KEY, limited, listed, removed } from './cases.ts';
import { cockroachdbCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function start(exchanges: readonly Exchange[]) {
  const bench = await startBench(cockroachdbCloud, config, exchanges);
  onTestFinished(() => bench.close());
  return bench;
}

it('deletes a key that may see nothing', async () => {
  const bench = await start([limited, listed, limited, listed, removed, gone]);
  expect(await runStep(bench, new Secret(KEY), { kind: 'api-key' })).toMatchObject({ verified: true });
  bench.verify();
});

it('does not take a key of another organization for a dead one', async () => {
  const bench = await start([alive, elsewhere]);
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});

it('does not call a key dead that works while its record is not found', async () => {
  const bench = await start([alive, listed, alive, elsewhere]);
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  bench.verify();
});

it('does not call a key dead that is refused while its record is there', async () => {
  const bench = await start([alive, listed, gone, listed]);
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it('calls a key dead that worked and whose record is gone', async () => {
  const bench = await start([alive, listed, gone, elsewhere]);
  expect(await runStep(bench, new Secret(KEY), { kind: 'api-key' })).toMatchObject({
    verified: true,
    result: { outcome: 'already-inactive' },
  });
  bench.verify();
});
