import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ACCOUNT, CLIENT_SECRET, cases, login, PLATFORM_ID, PLATFORM_TOKEN, search } from './cases.ts';
import { dynatrace } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const accounts = [{ uuid: ACCOUNT, clientId: 'dt0s02.CLIENT', clientSecret: CLIENT_SECRET }];
  const bench = await startBench(dynatrace, () => ({ accounts }), exchanges);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['platform-token']);
  return runStep(bench, new Secret(PLATFORM_TOKEN), { kind: 'platform-token' });
}

it('does not take a token whose name mentions the leaked one for it', async () => {
  const { result } = await run([login(), search([{ tokenId: 'dt0s16.OTHERONE', status: 'ACTIVE' }])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a token unknown when the search was cut off', async () => {
  const others = [{ tokenId: 'dt0s16.OTHERONE', status: 'ACTIVE' }];
  await expect(run([login(), search(others, 101)])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('leaves a state that it does not know to a person', async () => {
  const { result } = await run([login(), search([{ tokenId: PLATFORM_ID, status: 'PENDING' }])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
});
