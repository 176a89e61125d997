import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNote } from '../../test/support/seen-note.ts';
import {
  byParent,
  cases,
  disabled,
  disabling,
  failing,
  list,
  listOf,
  listOfParent,
  PARENT,
  TEST_KEY,
  TOKEN,
} from './cases.ts';
import { easypost } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function endOf(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(easypost, () => ({}), exchanges);
  try {
    const ended = await runStep(bench, new Secret(TOKEN), { kind: 'api-key', notes });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

it('disables nothing when the list does not show the leaked key', async () => {
  const { result } = await endOf([listOf('<REDACTED>')]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('does not believe an answer that shows the key as still active', async () => {
  const still = disabling(200, { id: 'ak_6f4eae3909464f3f807b3af2a687c85b', active: true });
  await expect(endOf([listOf(TOKEN), still])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('calls a key dead that is inactive only where it was seen to work, as any text that is no key is told so', async () => {
  const inactive = list(403, failing('APIKEY.INACTIVE'));
  expect(await endOf([inactive])).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
  const seen = [{ quash: 1, seenAlive: ['https://api.easypost.com'] }];
  const ended = await endOf([inactive], seen);
  expect(ended).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('does not know whether a key is dead that is refused for another reason', async () => {
  const ended = await endOf([listOf(TOKEN), disabled(), list(401, failing('MODE.UNAUTHORIZED'))]);
  expect(ended).toMatchObject({ verified: false, liveness: 'unknown' });
});

const gone = { ...listOfParent(true), answer: { status: 200, json: { keys: [], children: [] } } };

async function endOfGone(token: string, itself: Exchange) {
  const bench = await startBench(easypost, byParent, [gone, itself]);
  onTestFinished(() => bench.close());
  const notes = [seenNote('acme', PARENT, 'ak_6f4eae3909464f3f807b3af2a687c85b')];
  const ended = await runStep(bench, new Secret(token), { kind: 'api-key', notes });
  bench.verify();
  return ended;
}

it('knows after a crash that the key which its account no longer lists was its own to disable', async () => {
  for (const refusal of [list(401, failing('UNAUTHORIZED')), list(403, failing('APIKEY.INACTIVE'))]) {
    const ended = await endOfGone(TOKEN, refusal);
    expect(ended).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  }
});

it('looks for all keys that wait in one reading of the list', async () => {
  const bench = await startBench(easypost, byParent, [listOfParent(true)]);
  onTestFinished(() => bench.close());
  for (const ending of ['a', 'b', 'c']) {
    const invented = new Secret(TOKEN.slice(0, -1) + ending);
    const { result } = await runStep(bench, invented, { kind: 'api-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  }
  bench.verify();
});

it('does not call a key dead that works, or may work, because its account no longer lists it', async () => {
  const works = endOfGone(TOKEN, listOf(TOKEN));
  await expect(works).rejects.toMatchObject({ code: 'still-active' });
  const ofTests = endOfGone(TEST_KEY, list(401, failing('MODE.UNAUTHORIZED'), TEST_KEY));
  await expect(ofTests).rejects.toMatchObject({ code: 'still-active' });
});
