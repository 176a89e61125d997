import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, config, FORBIDDEN, limited, remove, TOKEN } from './cases.ts';
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
