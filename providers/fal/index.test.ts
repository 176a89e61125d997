import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  cases,
  config,
  gone,
  KEY,
  keys,
  list,
  others,
  page,
  toAll,
  toAnyId,
  triedBoth,
} from './cases.ts';
import { fal } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(fal, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key', notes });
  bench.verify();
  return result;
}

describe('an API key', () => {
  it('is not deleted when no account lists it, although the deletion would be answered all the same', async () => {
    expect(await run([...triedBoth, others])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not shown to work by prices that are shown to everybody', async () => {
    await expect(run([alive, toAll])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not deleted by its id when the secret alone is let in', async () => {
    await expect(run([alive, ...toAnyId])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not called dead while it works, whatever the list says', async () => {
    await expect(run([...triedBoth, ...list, ...triedBoth, others])).rejects.toMatchObject({
      code: 'still-active',
    });
  });

  it('that worked is not dead for a refusal by the word of another account that took the name', async () => {
    const notes: unknown[] = [];
    const adminKey = 'the admin key of the account that had it before';
    const headers = { authorization: `Key ${adminKey}` };
    const listed = list.map((each) => ({ ...each, expect: { ...each.expect, headers } }));
    const away: Exchange = { ...alive, answer: { status: 503 } };
    const before = () => ({ accounts: [{ name: 'acme', adminKey }] });
    const bench = await startBench(fal, before, [...triedBoth, ...listed, away]);
    onTestFinished(() => bench.close());
    const step = runStep(bench, new Secret(KEY), { kind: 'api-key', notes });
    await expect(step).rejects.toMatchObject({ code: 'unavailable' });
    expect(await run([gone], notes)).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it.each([
    ['is dead when it is refused and its account lists it no more', [others], { end: 'already-inactive' }],
    ['is not dead by a refusal while its account lists it', list, { failure: 'suspended' }],
  ])('that worked %s', async (_what, asked, expected) => {
    const worked = [...triedBoth, ...list];
    const end = await run([...worked, gone, ...asked]).then(
      ({ outcome }) => ({ end: outcome }),
      ({ code }) => ({ failure: code }),
    );
    expect(end).toEqual(expected);
  });

  it('goes to a person when the list has no end', async () => {
    const first = page('', 200, keys('Mg==', 'abc123def456'));
    const more = Array.from({ length: 49 }, () =>
      page('&cursor=Mg%3D%3D', 200, keys('Mg==', 'abc123def456')),
    );
    expect(await run([...triedBoth, first, ...more])).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
    });
  });
});
