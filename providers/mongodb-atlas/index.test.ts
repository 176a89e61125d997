import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  config,
  KEY,
  leaked,
  list,
  login,
  ORGANIZATION,
  organization,
  other,
  record,
  TOKEN,
} from './cases.ts';
import { mongodbAtlas } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  options: { config?: () => unknown; notes?: unknown[] } = {},
) {
  const bench = await startBench(mongodbAtlas, options.config ?? config, exchanges);
  try {
    const notes = options.notes ?? [];
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'private-key', notes });
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

describe('mongodb-atlas', () => {
  it('can act on nothing without an organization', async () => {
    const bench = await startBench(mongodbAtlas, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('knows after a crash that a key whose record is gone is dead', async () => {
    const notes = [{ organization: ORGANIZATION, key: KEY }];
    const result = await run([login(), list([other])], { notes });
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('deletes nothing when two keys have the same ending, be it in two organizations', async () => {
    const second = 'f'.repeat(24);
    const organizations = [ORGANIZATION, second].map(organization);
    const twin = record('5c47503320eef5699e1cce90', 'db2c132ca78d');
    const result = await run([login(), list([leaked]), login(), list([twin], { id: second })], {
      config: () => ({ organizations }),
    });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('reads the list to its end before a key is unique', async () => {
    const full = [leaked, ...Array.from({ length: 499 }, () => other)];
    const twin = record('5c47503320eef5699e1cce90', 'db2c132ca78d');
    const result = await run([login(), list(full), list([twin], { page: 2 })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('does not know a key by a mask that shows less than the last group', async () => {
    const masked = record(KEY, 'a78d', '********-****-****-********');
    const result = await run([login(), list([masked])]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});
