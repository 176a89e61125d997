import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, deletes, gone, HASH, KEY, LABEL, list, OTHER, record, works } from './cases.ts';
import { openrouter } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(openrouter, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  bench.verify();
  return result;
}

describe('an API key', () => {
  it('is known by its label where no hash is its own', async () => {
    const seen = [works, ...list(OTHER, record('h-1', LABEL))];
    expect(await run([...seen, ...seen, deletes('h-1'), gone])).toMatchObject({ outcome: 'revoked' });
  });

  it('is taken for the one with its hash, whatever else looks like it', async () => {
    const seen = [works, ...list(record('h-1', LABEL), record(HASH, LABEL))];
    expect(await run([...seen, ...seen, deletes(HASH), gone])).toMatchObject({ outcome: 'revoked' });
  });

  it.each([
    ['no label fits', list(OTHER)],
    ['two labels fit', list(record('h-1', LABEL), record('h-2', LABEL))],
  ])('is not deleted when %s', async (_when, exchanges) => {
    expect(await run([works, ...exchanges])).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });
});
