import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { call, cases, ID, list, MASTER, TOKEN } from './cases.ts';
import { sendbird } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['that somebody else was faster', 400_201, { result: { outcome: 'revoked' }, verified: true }],
  ['no end in another error', 400_800, 'unexpected-answer'],
] as const)('sees %s by the code of a 400', async (_what, code, expected) => {
  const config = () => ({ applications: [{ id: ID, masterToken: MASTER }] });
  const remove = call('DELETE', `/${TOKEN}`, 400, { error: true, code, message: 'no' });
  const bench = await startBench(sendbird, config, [list(TOKEN), list(TOKEN), remove, list()]);
  onTestFinished(() => bench.close());
  const ended = runStep(bench, new Secret(TOKEN), { kind: 'secondary-token' });
  if (typeof expected === 'string') await expect(ended).rejects.toMatchObject({ code: expected });
  else expect(await ended).toMatchObject(expected);
});
