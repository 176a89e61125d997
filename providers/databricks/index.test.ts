import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { call, cases, info, TOKEN } from './cases.ts';
import { databricks } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('revokes none of the tokens of a user who has several', async () => {
  const list = call('GET', 'list', 200, { token_infos: [info('a1'), info('b2')] });
  const several = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [list]);
  onTestFinished(() => several.close());
  const { result } = await runStep(several, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: 'a1' }, { tokenId: 'b2' }] },
  });
});
