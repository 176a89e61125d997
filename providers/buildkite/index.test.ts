import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases } from './cases.ts';
import { buildkite } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('does not take a 401 in other words for a dead token', async () => {
  const [spec] = cases;
  const first = spec?.scripts.alreadyDead.exchanges[0];
  if (!spec || !first) throw new Error('There is no case.');
  const exchange = { ...first, answer: { status: 401, json: { message: 'Your network is not allowed.' } } };
  const bench = await startBench(buildkite, spec.config, [exchange]);
  try {
    const step = runStep(bench, new Secret(spec.token), { kind: spec.kind });
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  } finally {
    await bench.close();
  }
});
