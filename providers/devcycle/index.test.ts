import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, list, record, remove, SERVER_KEY, signedIn } from './cases.ts';
import { devcycle } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('leaves the last key of an environment to a person', async () => {
  const last = remove(SERVER_KEY, 405, { statusCode: 405, message: 'no', error: 'Method Not Allowed' });
  const exchanges = [signedIn, list(SERVER_KEY), record(SERVER_KEY), last];
  const bench = await startBench(devcycle, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(SERVER_KEY), { kind: 'sdk-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});
