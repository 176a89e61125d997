import { expect, it, onTestFinished } from 'vitest';
import { ConfigFault, type Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNoteBy } from '../../test/support/seen-note.ts';
import {
  ACCOUNT,
  AUTH_TOKEN,
  CONTEXT,
  cases,
  found,
  HALF,
  keyCall,
  missing,
  SID,
  signedIn,
  signIn,
  UNAUTHENTICATED,
} from './cases.ts';
import { twilio } from './index.ts';

for (const spec of cases) describeProvider(spec);

const OTHER_ACCOUNT = `AC${'1'.repeat(32)}`;

async function start(exchanges: readonly Exchange[], sids: readonly string[] = [ACCOUNT]) {
  const accounts = sids.map((sid) => ({ sid, secret: AUTH_TOKEN }));
  const bench = await startBench(twilio, () => ({ accounts }), exchanges);
  onTestFinished(() => bench.close());
  return bench;
}

it('takes no type while no account is configured', async () => {
  const bench = await startBench(twilio, () => ({}), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds).toEqual([]);
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const bench = await start([missing]);
  const notes = [seenNoteBy(ACCOUNT, 'https://iam.twilio.com', 'key')];
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key', notes });
  expect(end).toMatchObject({
    verified: true,
    result: { outcome: 'already-inactive', evidence: { account: ACCOUNT } },
  });
});

it('does not call a key dead that another region of its account does not know', async () => {
  const before = await start([found, ...signedIn, { ...found, answer: { status: 503 } }]);
  const notes: unknown[] = [];
  const options = { kind: 'api-key', context: CONTEXT, notes };
  await expect(runStep(before, new Secret(SID), options)).rejects.toMatchObject({ code: 'unavailable' });

  const elsewhere = {
    ...missing,
    expect: { ...missing.expect, path: `/iam.dublin.ie1.twilio.com/v1/Keys/${SID}` },
  };
  const account = { sid: ACCOUNT, secret: AUTH_TOKEN, baseUrl: 'https://iam.dublin.ie1.twilio.com' };
  const after = await startBench(twilio, () => ({ accounts: [account] }), [elsewhere]);
  onTestFinished(() => after.close());
  const { result } = await runStep(after, new Secret(SID), { kind: 'api-key', notes });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a key dead that its account does not know, while its secret beside it signs in', async () => {
  const bench = await start([found, ...signedIn, missing, ...signedIn]);
  const step = runStep(bench, new Secret(SID), { kind: 'api-key', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  bench.verify();
});

const held = { outcome: 'held', reason: 'unproven', evidence: { account: ACCOUNT } };

it('deletes no key by its SID alone, which every client of the account may know', async () => {
  const bench = await start([found, found]);
  const { result } = await runStep(bench, new Secret(SID), { kind: 'api-key' });
  expect(result).toMatchObject(held);
  bench.verify();
});

it('deletes no key whose secret beside it does not sign in', async () => {
  const refusal = signIn(401, UNAUTHENTICATED);
  const bench = await start([found, refusal, found, refusal]);
  const { result } = await runStep(bench, new Secret(SID), { kind: 'api-key', context: CONTEXT });
  expect(result).toMatchObject(held);
  bench.verify();
});

// As TruffleHog's analyzer tells a restricted key from a wrong one: pkg/analyzer/analyzers/twilio/twilio.go.
const keptOut = { code: 70051, message: 'Authorization failed', status: 401 };
const NOBODYS_SID = `SK${'0'.repeat(32)}`;
const NOBODYS_SECRET = '0'.repeat(32);

it('deletes a restricted key, which may not ask, where neither half is taken without the other', async () => {
  const shown = [
    signIn(401, keptOut),
    signIn(401, UNAUTHENTICATED, NOBODYS_SID),
    signIn(401, UNAUTHENTICATED, SID, NOBODYS_SECRET),
  ];
  const bench = await start([found, ...shown, found, ...shown, keyCall('DELETE', 204), missing]);
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key', context: CONTEXT });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});

it.each([
  ['any SID', [signIn(401, keptOut, NOBODYS_SID)]],
  ['any secret', [signIn(401, UNAUTHENTICATED, NOBODYS_SID), signIn(401, keptOut, SID, NOBODYS_SECRET)]],
])('deletes no key of which is said what is said of %s', async (_of, tries) => {
  const shown = [signIn(401, keptOut), ...tries];
  const bench = await start([found, ...shown, found, ...shown]);
  const { result } = await runStep(bench, new Secret(SID), { kind: 'api-key', context: CONTEXT });
  expect(result).toMatchObject(held);
  bench.verify();
});

it('deletes a key by its SID once a person approved it', async () => {
  const bench = await start([found, found, keyCall('DELETE', 204), missing]);
  const options = { kind: 'api-key', mayActUnproven: true };
  const end = await runStep(bench, new Secret(SID), options);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});

it('does not take the absence of a SID for a death of which nothing was shown', async () => {
  const bench = await start([found, missing]);
  const options = { kind: 'api-key', mayActUnproven: true };
  const end = await runStep(bench, new Secret(SID), options);
  expect(end).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
});

it('takes the half that signs in among others', async () => {
  const other = 'f'.repeat(32);
  const context = `token ${other}\n${CONTEXT}`;
  const tried = [signIn(401, UNAUTHENTICATED, SID, other), ...signedIn];
  const bench = await start([found, ...tried, found, ...tried, keyCall('DELETE', 204), missing]);
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key', context });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  expect(JSON.stringify(end)).not.toContain(HALF);
});

it('asks the next account when one refuses us, and is not content with "not found" there', async () => {
  const elsewhere = (exchange: Exchange): Exchange => ({
    ...exchange,
    expect: { ...exchange.expect, headers: { authorization: /^Basic / } },
  });
  const bench = await start(
    [elsewhere(keyCall('GET', 401, UNAUTHENTICATED)), missing],
    [OTHER_ACCOUNT, ACCOUNT],
  );
  await expect(runStep(bench, new Secret(SID), { kind: 'api-key' })).rejects.toMatchObject({
    code: 'credential-refused',
    scope: 'entry',
  });
  bench.verify();
});

it('finds the key in the second account', async () => {
  const first: Exchange = { ...missing, expect: { ...missing.expect, headers: {} } };
  const script = [first, found, ...signedIn, found, ...signedIn, keyCall('DELETE', 204), missing];
  const bench = await start(script, [OTHER_ACCOUNT, ACCOUNT]);
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key', context: CONTEXT });
  expect(end).toMatchObject({ verified: true, result: { evidence: { account: ACCOUNT } } });
});

it('does not delete the Main key that it works with', async () => {
  const bench = await start([], [SID]);
  const { result } = await runStep(bench, new Secret(SID), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('tells the operator which credential is refused', async () => {
  const bench = await start([
    {
      expect: { method: 'GET', path: `/iam.twilio.com/v1/Keys/SK${'0'.repeat(32)}` },
      answer: { status: 401, json: UNAUTHENTICATED },
    },
  ]);
  expect(await bench.provider.check?.(new AbortController().signal)).toEqual([
    { name: `credential of ${ACCOUNT}`, ok: false, advice: expect.stringContaining('Main API key') },
  ]);
});

it('does not start with the same account twice', () => {
  const config = twilio.config.parse({
    accounts: [ACCOUNT, ACCOUNT].map((sid) => ({ sid, secret: AUTH_TOKEN })),
  });
  const tools = { upstream: () => ({ base: 'https://iam.twilio.com' }) } as unknown as Tools;
  expect(() => twilio.create(config, tools)).toThrow(ConfigFault);
});
