import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  cases,
  config,
  elsewhere,
  gone,
  hidden,
  KEY,
  limited,
  listed,
  own,
  removed,
} from './cases.ts';
import { cockroachdbCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function start(exchanges: readonly Exchange[]) {
  const bench = await startBench(cockroachdbCloud, config, exchanges);
  onTestFinished(() => bench.close());
  return bench;
}

it('deletes a key that may see nothing', async () => {
  const bench = await start([...limited, listed, ...limited, listed, removed, gone]);
  expect(await runStep(bench, new Secret(KEY), { kind: 'api-key' })).toMatchObject({ verified: true });
  bench.verify();
});

it('does not take a key of another organization for a dead one', async () => {
  const bench = await start([...alive, elsewhere]);
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});

it('pauses no lane for a key of another organization whose record is hidden', async () => {
  const bench = await start([...alive, hidden, own(200, { api_keys: [], pagination: {} })]);
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  bench.verify();
});

it('does not call a key dead that works while its record is not found', async () => {
  const bench = await start([...alive, listed, ...alive, elsewhere]);
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  bench.verify();
});

it.each([
  ['there', [listed]],
  ['hidden', [hidden, own(200, { api_keys: [], pagination: {} })]],
])('does not call a key dead that is refused while its record is %s', async (_how, record) => {
  const bench = await start([...alive, listed, gone, ...record]);
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it('calls a key dead that worked and whose record is gone', async () => {
  const bench = await start([...alive, listed, gone, elsewhere]);
  expect(await runStep(bench, new Secret(KEY), { kind: 'api-key' })).toMatchObject({
    verified: true,
    result: { outcome: 'already-inactive' },
  });
  bench.verify();
});
