import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  startBench,
  stepOf,
  untilTold,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNote } from '../../test/support/seen-note.ts';
import {
  accountHidden,
  BROWSER_KEY,
  browserDeletion,
  browserKey,
  browserKeys,
  cases,
  done,
  OPERATOR,
  own,
  ownDeletion,
  ownKeys,
  refusedByAll,
  refusedByUs,
  USER_KEY,
  withOperator,
} from './cases.ts';
import { newrelic } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(kind: string, token: string, exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(newrelic, withOperator, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(token), { kind, notes });
  bench.verify();
  return end;
}

it('takes browser keys only with an operator credential', async () => {
  const bench = await startBench(newrelic, () => ({}), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['user-key']);
});

it('deletes none of the keys of a user when the leaked one is not shown among them', async () => {
  const lacks = ownKeys([{ id: 'ID-1', key: 'NRAK-...' }]);
  const { result } = await run('user-key', USER_KEY, untilTold([lacks]));
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('knows that a user key is dead which was let in a while longer than it was listed', async () => {
  const end = await run('user-key', USER_KEY, [ownKeys([]), ...refusedByAll]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('does not call a user key dead while a region answers something else', async () => {
  const eu: Exchange = {
    expect: { ...refusedByUs.expect, path: '/api.eu.newrelic.com/graphql' },
    answer: { status: 401, json: { errors: [{ message: 'Unauthorized' }] } },
  };
  await expect(run('user-key', USER_KEY, [refusedByUs, eu])).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('finds a user key in one region while another one is down, and calls it unknown in none then', async () => {
  const down: Exchange = { ...refusedByUs, answer: { status: 503 } };
  const home: Exchange = {
    expect: { ...refusedByUs.expect, path: '/api.eu.newrelic.com/graphql' },
    answer: ownKeys([{ id: 'ID-1', key: 'NRAK-...' }]).answer,
  };
  const { result } = await run('user-key', USER_KEY, untilTold([down, home]));
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  const nowhere = run('user-key', USER_KEY, [down, ...refusedByAll.slice(1)]);
  await expect(nowhere).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('deletes a user key of one region which another one answers with a page', async () => {
  const html = '<!doctype html>\n<html lang="en"><head><title>403 Sorry</title></head></html>';
  const page: Exchange = { ...refusedByUs, answer: { status: 403, text: html } };
  const atEu = ({ expect: wanted, answer }: Exchange): Exchange => ({
    expect: { ...wanted, path: '/api.eu.newrelic.com/graphql' },
    answer,
  });
  const exchanges = [page, atEu(own), atEu(ownDeletion(done)), ...refusedByAll];
  const { result } = await run('user-key', USER_KEY, exchanges);
  expect(result).toMatchObject({ outcome: 'revoked' });
});

it('keeps that a look saw a user key work, and where', async () => {
  const bench = await startBench(newrelic, () => ({}), [own]);
  onTestFinished(() => bench.close());
  const token = new Secret(USER_KEY);
  const looking = stepOf(bench.provider, token, { kind: 'user-key' });
  expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
  expect(looking.seenAlive).toEqual(['https://api.newrelic.com']);
});

it('takes an error that comes with status 200 for no result', async () => {
  const answer = { status: 200, json: { data: null, errors: [{ message: 'Timeout' }] } };
  await expect(run('user-key', USER_KEY, [{ ...refusedByUs, answer }])).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('sends the browser key that came with the account to a person', async () => {
  const refusal = browserDeletion({
    deletedKeys: [],
    errors: [{ message: 'Cannot delete the original key' }],
  });
  const { result } = await run('browser-key', BROWSER_KEY, [browserKey, browserKey, refusal]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted', evidence: { keyId: 'ID-1' } });
});

it('knows after a crash that the browser key which is gone was its own to delete', async () => {
  const notes = [seenNote('acme', OPERATOR, 'ID-1')];
  const end = await run('browser-key', BROWSER_KEY, [browserKeys([])], notes);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('does not call a browser key dead by a note that does not say with which key it was seen', async () => {
  const { result } = await run(
    'browser-key',
    BROWSER_KEY,
    [browserKeys([])],
    [{ keeper: 'acme', id: 'ID-1' }],
  );
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a browser key dead whose account the operator does not see any more', async () => {
  const notes: unknown[] = [];
  const down: Exchange = { ...browserKey, answer: { status: 503 } };
  const bench = await startBench(newrelic, withOperator, [browserKey, down, browserKeys([]), accountHidden]);
  onTestFinished(() => bench.close());
  const step = () => runStep(bench, new Secret(BROWSER_KEY), { kind: 'browser-key', notes });
  await expect(step()).rejects.toMatchObject({ code: 'unavailable' });
  await expect(step()).rejects.toMatchObject({ code: 'permission-missing', scope: 'entry' });
  bench.verify();
});

it('takes a list with an error beside it for none', async () => {
  const { data } = (browserKeys([]).answer as { json: { data: unknown } }).json;
  const partly = { status: 200, json: { data, errors: [{ message: 'Timeout' }] } };
  await expect(run('browser-key', BROWSER_KEY, [{ ...browserKey, answer: partly }])).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('reads the list once for all browser keys that wait', async () => {
  const bench = await startBench(newrelic, withOperator, [browserKeys([])]);
  onTestFinished(() => bench.close());
  const token = (last: string) => new Secret(BROWSER_KEY.slice(0, -1) + last);
  const steps = ['a', 'b', 'c'].map((last) => {
    return stepOf(bench.provider, token(last), { kind: 'browser-key' });
  });
  const seen = steps.map((step, index) => bench.provider.revoke(token('abc'.charAt(index)), step));
  expect((await Promise.all(seen)).map(({ outcome }) => outcome)).toEqual([
    'unknown',
    'continue',
    'continue',
  ]);
  bench.verify();
});

it('does not call a user key dead while a region is not asked', async () => {
  const config = () => ({ regions: ['us', 'eu'] });
  const bench = await startBench(newrelic, config, refusedByAll.slice(0, 2));
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(USER_KEY), { kind: 'user-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('asks Japan and the government, too', () => {
  expect(newrelic.config.parse({}).regions).toEqual(['us', 'eu', 'jp', 'gov']);
});

describe('reads lists to their end', () => {
  const OTHERS = [{ id: 'ID-0', key: 'another' }];

  it('to find a user key', async () => {
    const pages = [ownKeys(OTHERS, 'next'), ownKeys([{ id: 'ID-1', key: USER_KEY }], null, 'next')];
    const done = ownDeletion({ deletedKeys: [{ id: 'ID-1' }], errors: [] });
    const end = await run('user-key', USER_KEY, [...pages, done, ...refusedByAll]);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('before a browser key is gone', async () => {
    const pages = [
      browserKeys(OTHERS, 'next'),
      browserKeys([{ id: 'ID-1', key: BROWSER_KEY }], null, 'next'),
    ];
    const done = browserDeletion({ deletedKeys: [{ id: 'ID-1' }], errors: [] });
    const step = run('browser-key', BROWSER_KEY, [...pages, ...pages, done, ...pages]);
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  });
});

it('knows that a user key is dead which was let in a moment ago', async () => {
  const late = { ...ownDeletion(null), answer: refusedByUs.answer };
  const end = await run('user-key', USER_KEY, [own, late]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});
