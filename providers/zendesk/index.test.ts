import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import {
  alive,
  aliveAt,
  cases,
  config,
  FORBIDDEN,
  goneAt,
  limited,
  limitedAt,
  remove,
  TOKEN,
} from './cases.ts';
import { zendesk } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['tell its id', [limited]],
  ['delete itself', [alive, alive, remove(403, FORBIDDEN)]],
])('leaves a token to a person that may not %s', async (_what, exchanges) => {
  const bench = await startBench(zendesk, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});

it('deletes nothing by an id that no number holds exactly', async () => {
  const id = Number.MAX_SAFE_INTEGER + 1;
  const large = { ...alive, answer: { status: 200, json: { token: { id } } } };
  const bench = await startBench(zendesk, config, [large]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});

it('leaves a token to a person that worked before and is refused, as its user may be suspended', async () => {
  const bench = await startBench(zendesk, config, [alive, goneAt('')]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  bench.verify();
});

it('does not say that a token still works whose account lets nobody in from here since', async () => {
  const bench = await startBench(zendesk, config, [alive, alive, remove(204), limited]);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  bench.verify();
});

it('asks the next account when one lets nobody in from here', async () => {
  const two = (url: string) => ({ accounts: ['/a', '/b'].map((base) => ({ url: url + base })) });
  const seen = [limitedAt('/a'), aliveAt('/b'), aliveAt('/b'), remove(204, undefined, '/b'), goneAt('/b')];
  const bench = await startBench(zendesk, two, seen);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});
