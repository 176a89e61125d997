import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { callsWith, cases, TOKEN } from './cases.ts';
import { terraformCloud } from './index.ts';

const { account, list } = callsWith(TOKEN);

for (const spec of cases) describeProvider(spec);

it.each<[string, Exchange[], string]>([
  ['one of several tokens of a user', [account(), list('at-1', 'at-2')], 'ambiguous'],
  ['the token of a team', [account({ id: 'team-1', type: 'teams' })], 'unsupported-kind'],
])('deletes nothing for %s', async (_name, exchanges, reason) => {
  const bench = await startBench(terraformCloud, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason });
  bench.verify();
});
