import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, consumer, ID, KEY, keys, keysOf, page, pageOf, record, remove } from './cases.ts';
import { zuplo } from './index.ts';

for (const spec of cases) describeProvider(spec);

/** Of a key that leaked, with all these calls and no others. */
async function step(...exchanges: readonly Exchange[]) {
  const bench = await startBench(zuplo, config, exchanges);
  onTestFinished(() => bench.close());
  try {
    return await runStep(bench, new Secret(KEY), { kind: 'consumer-key' });
  } finally {
    bench.verify();
  }
}

it('reads the list of consumers to its end', async () => {
  const others = Array.from({ length: 100 }, (_, index) => consumer(`other ${index}`));
  const exchanges = [page(0, ...others), page(100, consumer('app 1', KEY)), record, remove, keys()];
  expect(await step(...exchanges)).toMatchObject({ verified: true });
});

it('finds a key whose consumer moved to a page which was read before, as another one was deleted', async () => {
  const others = Array.from({ length: 100 }, (_, index) => consumer(`other ${index}`));
  const moved = page(0, ...others.slice(1), consumer('app 1', KEY));
  expect(await step(page(0, ...others), page(100), moved, record, remove, keys())).toMatchObject({
    verified: true,
  });
});

it.each([
  ['found', []],
  ['gone', [page(0, consumer('app 1', KEY))]],
])('does not call a key %s by a list that masks it', async (what, before) => {
  const masked = 'zpka_k3y9...xxxx_c0ffxxxx';
  const last = what === 'gone' ? keys({ id: ID, key: masked }) : page(0, consumer('app 1', masked));
  await expect(step(...before, last)).rejects.toMatchObject({ code: 'permission-missing' });
});

it('goes on where the vendor gives fewer than were asked for', async () => {
  const [others, own] = [[consumer('other')], [consumer('app 1', KEY)]];
  const exchanges = [pageOf(0, 2, others), pageOf(1, 2, own), record, remove, keys()];
  expect(await step(...exchanges)).toMatchObject({ verified: true });
});

it('calls no key dead that may stand behind the keys that were given', async () => {
  const others = [{ id: 'key_other', key: KEY.replace('k3y9', 'n0ne'), expiresOn: null }];
  const rest = [
    keysOf(0, others, { total: 2 }),
    keysOf(1, [{ id: ID, key: KEY, expiresOn: null }], { total: 2 }),
  ];
  await expect(step(page(0, consumer('app 1', KEY)), record, remove, ...rest)).rejects.toMatchObject({
    code: 'still-active',
  });
});

it('does not take for whole a list that says that there is more and gives nothing', async () => {
  await expect(step(page(0, consumer('app 1', KEY)), keysOf(0, [], { total: 1 }))).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('goes by what the vendor gives at most where it does not say how many keys there are', async () => {
  const others = [{ id: 'key_other', key: KEY.replace('k3y9', 'n0ne'), expiresOn: null }];
  const rest = [
    keysOf(0, others, { limit: 1 }),
    keysOf(1, [{ id: ID, key: KEY, expiresOn: null }], { limit: 1 }),
  ];
  const script = [page(0, consumer('app 1', KEY)), record, remove, ...rest, keysOf(2, [], { limit: 1 })];
  await expect(step(...script)).rejects.toMatchObject({ code: 'still-active' });
});

it('calls no key dead in a list that it does not read to its end', async () => {
  const others = [{ id: 'key_other', key: KEY.replace('k3y9', 'n0ne'), expiresOn: null }];
  const endless = [0, 1, 2, 3, 4].map((offset) => keysOf(offset, others, { total: 99 }));
  await expect(step(page(0, consumer('app 1', KEY)), record, remove, ...endless)).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('takes a list for whole that says nothing of itself', async () => {
  const script = [page(0, consumer('app 1', KEY)), record, remove, keysOf(0, [], {})];
  expect(await step(...script)).toMatchObject({ verified: true });
});
