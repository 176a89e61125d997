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
