import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, config, forbidden, gone, limited, removed, TOKEN } from './cases.ts';
import { openshift } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(openshift, config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(TOKEN), { kind: 'user-token' });
  bench.verify();
  return ended;
}

it('deletes a token that may not see its user', async () => {
  expect(await run([limited, limited, removed, gone])).toMatchObject({ verified: true });
});

it('leaves a token that may not delete itself to a person', async () => {
  const { result } = await run([limited, limited, forbidden]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('does not call dead a token that the cluster let in before, as it refuses it as well while it cannot read it', async () => {
  const { result } = await run([alive, gone]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
});
