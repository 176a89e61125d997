import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  config,
  error,
  gone,
  ID,
  list,
  opening,
  opens,
  opensToAll,
  record,
  removal,
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
  const end = await run([...seen, ...seen, removal(204), gone]);
  expect(end).toMatchObject({ verified: true, result: { evidence: { keyId: ID } } });
});

it('deletes none of two keys that end alike and are of the same collection', async () => {
  const { result } = await run([list([record(ID), record('another')]), ...opens(), ...opens()]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it.each([
  ['has another key that ends alike', [there, opening(403, error('forbiddenError'))]],
  [
    'has more keys than are read',
    Array.from({ length: 50 }, (_, index) => list([], `c${index + 1}`, index ? `c${index}` : '')),
  ],
])('asks the next team when the first one %s', async (_why, first) => {
  const two = () => ({ teams: config().teams.flatMap((team) => [{ ...team, name: 'another' }, team]) });
  const end = await run([...first, there, ...opens(), there, ...opens(), removal(204), gone], [], two);
  expect(end).toMatchObject({ verified: true, result: { evidence: { account: 'acme', keyId: ID } } });
});

it('does not take a key that is not active', async () => {
  const { result } = await run([list([record(ID, { status: 'EXPIRED' })])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const notes = [{ keeper: 'acme', id: ID }];
  const end = await run([gone], notes);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});
