import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, gone, remove, TOKEN } from './cases.ts';
import { travisCi } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('is not done while an installation that was restored from a copy lets the token in', async () => {
  const exchanges = [alive(), alive(), remove, gone, alive('/copy')];
  const instances = (url: string) => ({ instances: [{ url }, { url: `${url}/copy` }] });
  const bench = await startBench(travisCi, instances, exchanges);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  bench.verify();
});
