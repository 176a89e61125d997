import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNote } from '../../test/support/seen-note.ts';
import {
  cases,
  config,
  deletion,
  ID,
  itself,
  KEY,
  letIn,
  list,
  OLD_KEY,
  OPERATOR,
  OTHER_ID,
  regenerated,
  SIGNING_KEY,
  shown,
  shutOut,
  signingCall,
} from './cases.ts';
import { mailgun } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  token: string,
  exchanges: readonly Exchange[],
  notes: unknown[] = [],
  kind = 'api-key',
  mayActUnproven = false,
) {
  const bench = await startBench(mailgun, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(token), { kind, notes, mayActUnproven });
  bench.verify();
  return end;
}

it('never takes a part of a key for its id', async () => {
  const parts = [KEY.slice(0, 8), KEY.slice(-8), '', KEY.slice(-10)];
  const { result } = await run(KEY, [list(parts)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('sends an old key without an id to a person, and asks for no list that cannot have it', async () => {
  const { result } = await run(OLD_KEY, []);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('looks for all keys that wait in one reading of the list', async () => {
  const bench = await startBench(mailgun, config, [list([OTHER_ID])]);
  onTestFinished(() => bench.close());
  for (const ending of ['1d2e3f41', '1d2e3f42', '1d2e3f43']) {
    const invented = new Secret(['f'.repeat(32), '5f6a7b8c', ending].join('-'));
    const { result } = await runStep(bench, invented, { kind: 'api-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  }
  bench.verify();
});

it('does not call a key unknown when the list is not whole', async () => {
  await expect(run(KEY, [list([OTHER_ID], 2)])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('never deletes the key of a forged text that ends in its id', async () => {
  const forged = ['f'.repeat(32), ID].join('-');
  const refusal = itself(401, { message: 'Invalid private key' }, forged);
  const { result } = await run(forged, [list([ID]), refusal, list([ID]), refusal]);
  expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { keyId: ID } });
});

it('never deletes a key by the id in its text where Mailgun names another one', async () => {
  const another = itself(200, { total_count: 0, items: [] }, KEY, { 'x-mailgun-key-id': OTHER_ID });
  const { result } = await run(KEY, [list([ID]), another, list([ID]), another]);
  expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { keyId: ID } });
});

it('deletes a key that Mailgun lets in and gives no name', async () => {
  const unnamed = letIn.map(({ expect, answer }) => ({ expect, answer: { ...answer, headers: {} } }));
  const seen = [list([ID]), ...unnamed];
  const script = [...seen, ...seen, deletion(200, { message: 'key deleted' }), list([]), shutOut];
  expect(await run(KEY, script)).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

it('calls a key alive that Mailgun lets in by another id than the one which was deleted', async () => {
  const another = itself(200, { total_count: 0, items: [] }, KEY, { 'x-mailgun-key-id': OTHER_ID });
  const deleted = deletion(200, { message: 'key deleted' });
  const script = [list([ID]), another, list([ID]), another, deleted, list([]), another];
  await expect(run(KEY, script, [], 'api-key', true)).rejects.toMatchObject({ code: 'still-active' });
  const gone = run(KEY, [list([]), another], [seenNote('acme', OPERATOR, ID)]);
  await expect(gone).rejects.toMatchObject({ code: 'still-active' });
});

it('deletes a key that may ask for nothing once a person approved it', async () => {
  const script = [
    list([ID]),
    shutOut,
    list([ID]),
    shutOut,
    deletion(200, { message: 'key deleted' }),
    list([]),
    shutOut,
  ];
  const end = await run(KEY, script, [], 'api-key', true);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

it('leaves its own key alone when a forged text has its id', async () => {
  const apiKey = ['0a1b2c3d'.repeat(4), ID].join('-');
  const bench = await startBench(mailgun, () => ({ accounts: [{ name: 'acme', apiKey }] }), []);
  onTestFinished(() => bench.close());
  const forged = new Secret(['f'.repeat(32), ID].join('-'));
  const { result } = await runStep(bench, forged, { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const notes = [seenNote('acme', OPERATOR, ID)];
  const end = await run(KEY, [list([]), shutOut], notes);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('goes on where a key is gone between the look and its deletion', async () => {
  const gone = deletion(404, { message: 'key not found' });
  const end = await run(
    KEY,
    [list([ID]), ...letIn, gone, list([]), shutOut],
    [seenNote('acme', OPERATOR, ID)],
  );
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

describe('a key that works on for a time, as after a reset', () => {
  const notes = [seenNote('acme', OPERATOR, ID)];
  const works = itself(200, { total_count: 0, items: [] });

  it('is not dead because it is listed no more', async () => {
    const again = run(KEY, [list([]), works], notes);
    await expect(again).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is not dead because it is listed no more, and our address is kept out', async () => {
    const keptOut = itself(403, { message: 'Your IP address is not allowed' });
    await expect(run(KEY, [list([]), keptOut], notes)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not dead because it was deleted', async () => {
    const deleted = deletion(200, { message: 'key deleted' });
    const end = run(KEY, [list([ID]), ...letIn, deleted, list([]), works], notes);
    await expect(end).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is not dead because our address is kept out', async () => {
    const deleted = deletion(200, { message: 'key deleted' });
    const keptOut = itself(403, { message: 'Your IP address is not allowed' });
    const end = await run(KEY, [list([ID]), ...letIn, deleted, list([]), keptOut], notes);
    expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  });
});

describe('a webhook signing key', () => {
  const notes = () => [seenNote('acme', OPERATOR, 'http-signing-key')];

  it('is not regenerated when the account has another by now', async () => {
    const end = await run(SIGNING_KEY, [shown('another')], notes(), 'webhook-signing-key');
    expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  });

  const none = signingCall('GET', 404, { message: 'not found' });

  it('is not called dead, before anything is regenerated, because the account shows none', async () => {
    const look = run(SIGNING_KEY, [none], notes(), 'webhook-signing-key');
    await expect(look).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not called dead because the account shows none', async () => {
    const script = [shown(SIGNING_KEY), regenerated, none];
    const end = await run(SIGNING_KEY, script, notes(), 'webhook-signing-key');
    expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  });
});
