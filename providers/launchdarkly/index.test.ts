import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, deletion, TOKEN } from './cases.ts';
import { launchdarkly } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('takes a 401 to the deletion for a lack of rights, as the token has just said who it is', async () => {
  const bench = await startBench(launchdarkly, (baseUrl) => ({ baseUrl }), [
    alive(),
    deletion(401, { code: 'unauthorized', message: 'Your role does not permit this' }),
  ]);
  try {
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  } finally {
    await bench.close();
  }
});

it('asks the commercial instance by default', () => {
  expect(launchdarkly.config.parse({}).baseUrl).toBe('https://app.launchdarkly.com');
});
