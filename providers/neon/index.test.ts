import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { auth, cases, KEY, keys } from './cases.ts';
import { neon } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(neon, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return result;
}

it('leaves it to a person which of several keys it is', async () => {
  const result = await run([auth('api_key_user'), keys(7, 8)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('leaves the key of an organization to a person', async () => {
  const result = await run([auth('api_key_org')]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});
