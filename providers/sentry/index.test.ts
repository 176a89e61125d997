import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, config, endingIn, foreign, gone, removed, seen, TOKEN } from './cases.ts';
import { sentry } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases) {
  itEndsAtCopies(spec, (urls) => ({ organizations: urls.flatMap((url) => config(url).organizations) }), {
    look: seen,
    revoke: [removed],
    gone: [gone],
  });
}

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(sentry, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'org-token' });
  bench.verify();
  return result;
}

it.each([
  ['no token ends like it', untilTold([...alive, endingIn('ffff', null)])],
  ['two tokens end like it', [...alive, endingIn(TOKEN.slice(-4), TOKEN.slice(-4))]],
])('revokes none when %s', async (_when, exchanges) => {
  expect(await run(exchanges)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('is found in a list that names a next page without records', async () => {
  const headers = { link: '</prev>; rel="previous"; results="false", </next>; rel="next"; results="false"' };
  const listed = seen.map((each) => ({ ...each, answer: { ...each.answer, headers } }));
  expect(await run([...listed, ...listed, removed, gone])).toMatchObject({
    outcome: 'revoked',
    proven: true,
  });
});

it('is dead when it was let in a while longer than its organization had it', async () => {
  const result = await run([...alive, endingIn('ffff', null), gone]);
  expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
});

it('is of another organization when this one does not let it in, whatever its ending', async () => {
  expect(await run(foreign)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('is not dead when the organization does not let it in any more and Sentry does', async () => {
  await expect(run([...seen, ...foreign])).rejects.toMatchObject({ code: 'suspended' });
});

it.each([
  ['is dead when its organization lists it no more', endingIn(null), { end: 'already-inactive' }],
  [
    'is not dead by a refusal while its organization lists it',
    endingIn(null, null),
    { failure: 'suspended' },
  ],
])('that worked before and is refused %s', async (_what, list, expected) => {
  const end = await run([...seen, gone, list]).then(
    ({ outcome }) => ({ end: outcome }),
    ({ code }) => ({ failure: code }),
  );
  expect(end).toEqual(expected);
});

it('is not revoked by an id that was rounded on its way', async () => {
  const rounded = endingIn(null);
  const records = [{ id: 2 ** 60 + 256, name: 'ci', tokenLastCharacters: TOKEN.slice(-4) }];
  const list = { ...rounded, answer: { status: 200, json: records } };
  await expect(run([...alive, list])).rejects.toMatchObject({ code: 'unexpected-answer' });
});
