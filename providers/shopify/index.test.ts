import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, dead, probed, SHOP, TOKEN, uninstall, uninstalled } from './cases.ts';
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
  const exchanges = [dead('other.myshopify.com'), alive(), alive(), uninstall(200, {}), dead()];
  const bench = await startBench(shopify, () => ({ shops }), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  expect(end).toMatchObject({ verified: true, result: { evidence: { account: SHOP } } });
});

it.each([402, 403, 423])('goes on to the other shops when one answers %s', async (status) => {
  const shops = ['other.myshopify.com', SHOP];
  const closed = probed(status, { errors: 'x' }, 'other.myshopify.com');
  const bench = await startBench(shopify, () => ({ shops }), [
    closed,
    alive(),
    alive(),
    uninstall(200),
    dead(),
    closed,
    dead(),
  ]);
  onTestFinished(() => bench.close());
  const step = { kind: 'access-token' };
  expect(await runStep(bench, new Secret(TOKEN), step)).toMatchObject({ verified: true });
  await expect(runStep(bench, new Secret(TOKEN), step)).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it('says that the host of a shop is wrong', async () => {
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), [probed(404, { errors: 'Not Found' })]);
  onTestFinished(() => bench.close());
  const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(end).rejects.toMatchObject({ code: 'misconfigured' });
});

it.each([402, 403, 423])('tries again where a shop is closed meanwhile, as by %s', async (status) => {
  const closed = uninstall(status, { errors: 'Unavailable Shop' });
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), [alive(), alive(), closed]);
  onTestFinished(() => bench.close());
  const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(end).rejects.toMatchObject({ code: 'suspended' });
});

it('lets the look afterwards decide when the token is refused by the call that ends it', async () => {
  const exchanges = [alive(), alive(), uninstalled, alive()];
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), exchanges);
  onTestFinished(() => bench.close());
  const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(end).rejects.toMatchObject({ code: 'still-active' });
});

it('knows after a crash, by a note of version 0.1.0 too, that the token worked', async () => {
  const bench = await startBench(shopify, () => ({ shops: [SHOP] }), [dead()]);
  onTestFinished(() => bench.close());
  const notes = [{ keeper: SHOP, id: 'app' }];
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token', notes });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});
