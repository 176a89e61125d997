import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, KEY, leaked, list, masked } from './cases.ts';
import { supabase } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('takes no masked key for one that is gone', async () => {
  const bench = await startBench(supabase, config, [list(leaked), list(masked)]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'secret-key' });
  await expect(step).rejects.toMatchObject({ code: 'permission-missing' });
  bench.verify();
});
