import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { CONTEXT, cases, config, found, list, TOKEN } from './cases.ts';
import { atlassian } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[]) {
  const started = await startBench(atlassian, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

it('deletes none of several tokens of an account', async () => {
  const several = await bench([...found, list({ id: 'a' }, { id: 'b' })]);
  const { result } = await runStep(several, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  several.verify();
});

it('sends the token nowhere when there is no address near the leak', async () => {
  const none = await bench([]);
  const { result } = await runStep(none, new Secret(TOKEN), { kind: 'api-token', context: 'token = x@y' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('was dead already when the token that was noted is gone from the list', async () => {
  const gone = await bench([list({ id: 'another' })]);
  const notes = [{ accountId: '5b10a2844c20165700ede21g', tokenId: 't-1' }];
  const { result } = await runStep(gone, new Secret(TOKEN), { kind: 'api-token', notes });
  expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
});
