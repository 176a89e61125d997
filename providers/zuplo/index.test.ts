import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, consumer, ID, KEY, keys, page, record, remove } from './cases.ts';
import { zuplo } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('reads the list of consumers to its end', async () => {
  const others = Array.from({ length: 100 }, (_, index) => consumer(`other ${index}`));
  const exchanges = [page(0, ...others), page(100, consumer('app 1', KEY)), record, remove, keys()];
  const bench = await startBench(zuplo, config, exchanges);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(KEY), { kind: 'consumer-key' });
  expect(verified).toBe(true);
  bench.verify();
});

it('finds a key whose consumer moved to a page which was read before, as another one was deleted', async () => {
  const others = Array.from({ length: 100 }, (_, index) => consumer(`other ${index}`));
  const moved = page(0, ...others.slice(1), consumer('app 1', KEY));
  const bench = await startBench(zuplo, config, [
    page(0, ...others),
    page(100),
    moved,
    record,
    remove,
    keys(),
  ]);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(KEY), { kind: 'consumer-key' });
  expect(verified).toBe(true);
  bench.verify();
});

it.each([
  ['found', []],
  ['gone', [page(0, consumer('app 1', KEY))]],
])('does not call a key %s by a list that masks it', async (what, before) => {
  const masked = 'zpka_k3y9...xxxx_c0ffxxxx';
  const last = what === 'gone' ? keys({ id: ID, key: masked }) : page(0, consumer('app 1', masked));
  const bench = await startBench(zuplo, config, [...before, last]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'consumer-key' });
  await expect(step).rejects.toMatchObject({ code: 'permission-missing' });
  bench.verify();
});
