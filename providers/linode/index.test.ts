import { expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, deletion, pageOf, profile, TOKEN } from './cases.ts';
import { linode } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function endOf(exchanges: readonly Exchange[]) {
  const bench = await startBench(linode, () => ({}), exchanges);
  try {
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'personal-access-token' });
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

it('revokes nothing when two tokens begin alike, one of them on the last page', async () => {
  const same = TOKEN.slice(0, 16);
  expect(await endOf([pageOf(1, 2, { 42: same }), pageOf(2, 2, { 43: same })])).toMatchObject({
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: 42 }, { tokenId: 43 }] },
  });
});

it('takes no record whose beginning is too short to tell it', async () => {
  await expect(endOf([pageOf(1, 1, { 42: '0a1' })])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('says that a token which was let in is gone, when that is so before its deletion', async () => {
  const invalid = { errors: [{ reason: 'Invalid Token' }] };
  expect(await endOf([pageOf(1, 1), deletion(401, invalid)])).toMatchObject({
    outcome: 'already-inactive',
    proven: true,
  });
});

it('revokes nothing when the list is too long to be read to its end', async () => {
  expect(await endOf([pageOf(1, 21)])).toMatchObject({ reason: 'ambiguous' });
});

it('sees that a token which merely lacks a scope still works', async () => {
  const lacking = { errors: [{ reason: 'Your OAuth token is not authorized to use this endpoint.' }] };
  const end = endOf([pageOf(1, 1), deletion(200, {}), profile(401, lacking)]);
  await expect(end).rejects.toMatchObject({ code: 'still-active' });
});
