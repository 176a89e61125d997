import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, config, endingIn, TOKEN } from './cases.ts';
import { sentry } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['no token ends like it', endingIn('ffff', null)],
  ['two tokens end like it', endingIn(TOKEN.slice(-4), TOKEN.slice(-4))],
])('revokes none when %s', async (_when, list) => {
  const bench = await startBench(sentry, config, [alive, list]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'org-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  bench.verify();
});
