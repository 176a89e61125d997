import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, dead, SHOP, TOKEN, uninstall, uninstalled } from './cases.ts';
import { shopify } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('waits for approval, and takes nothing while no shop is configured', async () => {
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds).toMatchObject([
    { effect: 'wider', warning: expect.stringContaining('uninstalled') },
  ]);
  const idle = await startBench(shopify, () => ({}), []);
  onTestFinished(() => idle.close());
  expect(idle.provider.kinds).toEqual([]);
});

it.each(['evil.example.com', 'acme.myshopify.com.example.com', 'acme.myshopify.com/x', 'a.b.myshopify.com'])(
  'takes no host like %s for a shop',
  (shop) => {
    expect(shopify.config.safeParse({ shops: [shop] }).success).toBe(false);
  },
);

it('uninstalls only from the shop that takes the token', async () => {
  const shops = ['other.myshopify.com', SHOP];
  const exchanges = [dead('other.myshopify.com'), alive(), uninstall(200, {}), dead()];
  const bench = await startBench(shopify, () => ({ shops }), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  expect(end).toMatchObject({ verified: true, result: { evidence: { shop: SHOP } } });
});

it('knows after a crash that it was itself that ended the token', async () => {
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), [uninstalled, dead()]);
  onTestFinished(() => bench.close());
  const notes = [{ keeper: SHOP, id: 'app' }];
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token', notes });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});
