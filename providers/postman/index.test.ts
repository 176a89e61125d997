import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNote } from '../../test/support/seen-note.ts';
import {
  cases,
  config,
  error,
  gone,
  ID,
  list,
  OPERATOR,
  opening,
  opens,
  opensToAll,
  record,
  removal,
  shut,
  TOKEN,
  there,
} from './cases.ts';
import { postman } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], notes: unknown[] = [], teams = config) {
  const bench = await startBench(postman, teams, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'collection-access-key', notes });
  bench.verify();
  return end;
}

it('deletes no key that ends alike but whose collection the leaked one does not open', async () => {
  const { result } = await run([there, opening(403, error('forbiddenError'))]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ keyId: ID }] },
  });
});

it('deletes no key whose collection everybody may read', async () => {
  const { result } = await run([there, ...opensToAll]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('takes of several keys that end alike the one whose collection the leaked one opens', async () => {
  const pages = [list([record('another', { collectionId: '1-a' })], 'next'), list([record(ID)], '', 'next')];
  const refusal = opening(401, error('AuthenticationError'), '1-a');
  const seen = [...pages, refusal, ...opens()];
  const end = await run([...seen, ...seen, removal(204), gone, shut]);
  expect(end).toMatchObject({ verified: true, result: { evidence: { keyId: ID } } });
});

it('deletes none of two keys that end alike and are of the same collection', async () => {
  const { result } = await run([list([record(ID), record('another')]), ...opens(), ...opens()]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it.each([
  ['has another key that ends alike', [there, opening(403, error('forbiddenError'))]],
  [
    'has more keys than are read at once',
    Array.from({ length: 20 }, (_, index) => list([], `c${index + 1}`, index ? `c${index}` : '')),
  ],
])('asks the next team when the first one %s', async (_why, first) => {
  const two = () => ({ teams: config().teams.flatMap((team) => [{ ...team, name: 'another' }, team]) });
  const end = await run([...first, there, ...opens(), there, ...opens(), removal(204), gone, shut], [], two);
  expect(end).toMatchObject({ verified: true, result: { evidence: { account: 'acme', keyId: ID } } });
});

it('does not take a key that is not active', async () => {
  const { result } = await run([list([record(ID, { status: 'EXPIRED' })])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const notes = [seenNote('acme', OPERATOR, ID)];
  const end = await run([gone], notes);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('does not call a key dead that is not listed any more and still opens its collection', async () => {
  const notes: unknown[] = [];
  const down: Exchange = { ...there, answer: { status: 503 } };
  const bench = await startBench(postman, config, [
    ...[there, ...opens(), down],
    ...[gone, ...opens()],
    ...[gone, shut],
  ]);
  onTestFinished(() => bench.close());
  const step = () => runStep(bench, new Secret(TOKEN), { kind: 'collection-access-key', notes });
  await expect(step()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(step()).rejects.toMatchObject({ code: 'permission-missing', scope: 'entry' });
  expect(await step()).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  bench.verify();
});

it('is not done while a key that was deleted still opens its collection', async () => {
  const script = [there, ...opens(), there, ...opens(), removal(204), gone, ...opens()];
  await expect(run(script)).rejects.toMatchObject({ code: 'still-active' });
});

it('reads the list once for all keys that wait', async () => {
  const bench = await startBench(postman, config, [gone]);
  onTestFinished(() => bench.close());
  const ends = await Promise.all(
    ['4Z', '4Y', '4X'].map((ending) => {
      const token = new Secret(TOKEN.slice(0, -2) + ending);
      return bench.provider.revoke(token, stepOf(bench.provider, token, { kind: 'collection-access-key' }));
    }),
  );
  expect(ends.map(({ outcome }) => outcome)).toEqual(['unknown', 'continue', 'continue']);
  bench.verify();
});
