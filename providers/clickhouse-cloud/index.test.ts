import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  blocked,
  blockedOf,
  CONTEXT,
  cases,
  config,
  gone,
  inactive,
  keys,
  keysOn,
  letIn,
  proven,
  removed,
  SECRET,
} from './cases.ts';
import { clickhouseCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], context = CONTEXT) {
  const bench = await startBench(clickhouseCloud, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(SECRET), { kind: 'key-secret', context });
  bench.verify();
  return result;
}

describe('a secret', () => {
  const pages = [keysOn(0, ['ffff'], true), keysOn(1, ['eeee', 'Qr5t'])];

  it('asks for its key id when there is none beside the leak', async () => {
    expect(await run([], 'nothing here')).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('is not hidden by the id of a key that is limited to other addresses', async () => {
    const decoy = 'Zy9xWv8uTs7rQp6oNm5l';
    const seen = [blockedOf(decoy), ...proven, keys('ffff')];
    const end = await run(seen, CONTEXT.replace('CLICKHOUSE_SECRET', `${decoy} CLICKHOUSE_SECRET`));
    expect(end).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    const refused = run([blockedOf(decoy), gone], CONTEXT.replace('CLICKHOUSE_SECRET', `${decoy} S`));
    await expect(refused).rejects.toMatchObject({ code: 'suspended' });
  });

  it('of another organization is not looked for in ours', async () => {
    expect(await run([letIn('another')])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it.each([
    ['no key ends like its id', keys('ffff')],
    ['two keys end like its id', keys('Qr5t', 'Qr5t')],
  ])('is not deleted when %s', async (_when, list) => {
    expect(await run([...proven, list])).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not called dead when our address is blocked, although it worked before', async () => {
    await expect(run([...proven, keys('Qr5t'), blocked])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not called dead while it works, whatever organizations it is let in to', async () => {
    const exchanges = [...proven, keys('Qr5t'), letIn('another')];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });

  it.each([
    ['refused', gone],
    ['not active', inactive],
  ])('is not called dead when it is %s while its key is in the list', async (_how, refusal) => {
    const exchanges = [...proven, keys('Qr5t'), refusal, keys('Qr5t')];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is deleted by its record on a later page', async () => {
    const end = run([...proven, ...pages, ...proven, ...pages, removed, gone]);
    expect(await end).toMatchObject({ outcome: 'revoked' });
  });

  it('is not called dead while its key is on a later page', async () => {
    const exchanges = [...proven, ...pages, inactive, ...pages];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not deleted, and not called dead, by a list that has no end', async () => {
    const endless = Array.from({ length: 20 }, (_, page) => keysOn(page, ['Qr5t'], true));
    expect(await run([...proven, ...endless])).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    const end = run([...proven, keys('Qr5t'), gone, ...endless]);
    await expect(end).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that worked before is dead when its key is gone from the list', async () => {
    expect(await run([...proven, keys('Qr5t'), gone, keys()])).toMatchObject({ outcome: 'already-inactive' });
  });
});
