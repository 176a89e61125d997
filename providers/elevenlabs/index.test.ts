import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { aliveAt, cases, disable, EU, forbidden, gone, goneAsBefore, goneAt, KEY, limited } from './cases.ts';
import { elevenlabs } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(elevenlabs, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return ended;
}

it('disables a key that may not read its user', async () => {
  expect(await run([limited, limited, disable(200), gone])).toMatchObject({ verified: true });
});

it('leaves a key to a person whose workspace does not let it disable itself', async () => {
  const { result } = await run([limited, limited, forbidden]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('disables a key where its workspace has its data', async () => {
  const exchanges = [gone, aliveAt(EU), aliveAt(EU), disable(200, {}, EU), goneAt(EU)];
  expect(await run(exchanges)).toMatchObject({ verified: true });
});

it('reads refusals of before they had codes', async () => {
  expect(await run([limited, limited, disable(200), goneAsBefore])).toMatchObject({ verified: true });
});
