import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, hashed, list, TOKEN } from './cases.ts';
import { influxdb } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], configured: (url: string) => object = config) {
  const bench = await startBench(influxdb, configured, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  bench.verify();
  return result;
}

it.each(['redacted', ''])('says so where the instance shows no tokens, but "%s"', async (shown) => {
  const result = await run([list(shown, shown)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('knows a token that the operator chose from one that is not shown', async () => {
  const result = await run([list('my-own-admin-token')]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a token dead whose record hides it since an upgrade', async () => {
  await expect(run([list(TOKEN), hashed])).rejects.toMatchObject({ code: 'permission-missing' });
});

it('does not call a token dead that is not there for a token of less reach', async () => {
  const notes: unknown[] = [];
  const before = await startBench(influxdb, config, [list(TOKEN), { ...hashed, answer: { status: 503 } }]);
  onTestFinished(() => before.close());
  const options = { kind: 'api-token', notes };
  await expect(runStep(before, new Secret(TOKEN), options)).rejects.toMatchObject({ code: 'unavailable' });

  const less = (url: string) => ({
    instances: config(url).instances.map((each) => ({ ...each, token: 'of less reach' })),
  });
  const toLess = {
    ...list(),
    expect: { ...list().expect, headers: { authorization: 'Token of less reach' } },
  };
  const after = await startBench(influxdb, less, [toLess]);
  onTestFinished(() => after.close());
  const { result } = await runStep(after, new Secret(TOKEN), options);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('deletes no token that two instances have, one of which may be restored from the other', async () => {
  const two = (url: string) => ({
    instances: [...config(`${url}/a`).instances, ...config(`${url}/b`).instances],
  });
  const at = (prefix: string): Exchange => {
    const { expect: call, answer } = list(TOKEN);
    return { expect: { ...call, path: prefix + call.path }, answer };
  };
  const result = await run([at('/a'), at('/b')], two);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});
