import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, list, TOKEN } from './cases.ts';
import { pulumi } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['two records have its name', { name: 'ci' }, ['ci', 'ci']],
  ['names are missing in the list', { name: 'ci' }, [undefined, undefined]],
  ['it does not know its own name', undefined, ['laptop', 'server']],
  ['no record has its name', { name: 'ci' }, ['laptop', 'server']],
] as const)('deletes nothing when %s', async (_when, tokenInfo, [own, other]) => {
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), [alive(tokenInfo), list(own, other)]);
  try {
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    bench.verify();
  } finally {
    await bench.close();
  }
});

it('asks the hosted Pulumi Cloud by default', () => {
  expect(pulumi.config.parse({}).baseUrl).toBe('https://api.pulumi.com');
});
