import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import { dated, type Exchange } from '../../test/support/scripted-upstream.ts';
import {
  account,
  accounts,
  blocked,
  CLIENT,
  CONTEXT,
  cases,
  config,
  KEY,
  leaked,
  list,
  logIn,
  login,
  logsIn,
  noAccount,
  ORGANIZATION,
  organization,
  other,
  pairIn,
  pairOut,
  record,
  recordGone,
  recordNow,
  remove,
  removeSecret,
  SECRET,
  SECRET_ID,
  secretRecord,
  TOKEN,
} from './cases.ts';
import { digestHeader } from './digest.ts';
import { mongodbAtlas } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  {
    settings = config,
    token = TOKEN,
    ...options
  }: { settings?: () => unknown; token?: string } & Partial<StepOptions> = {},
) {
  const bench = await startBench(mongodbAtlas, settings, exchanges);
  const startedMs = bench.clock.now();
  onTestFinished(() => bench.close());
  const kind = token === SECRET ? 'service-account-secret' : 'private-key';
  const end = await runStep(bench, new Secret(token), { kind, ...options });
  bench.verify();
  return { ...end.result, verified: end.verified, waitedMs: bench.clock.now() - startedMs };
}

const TWIN = '5c47503320eef5699e1cce90';
const twin = record(TWIN, 'db2c132ca78d');
const onFile = (found: unknown) => [
  { quash: 1, note: { account: ORGANIZATION, found }, seenAlive: [ORGANIZATION] },
];

it('can act on nothing without an organization', async () => {
  const bench = await startBench(mongodbAtlas, () => ({}), []);
  await bench.close();
  expect(bench.provider.kinds).toEqual([]);
});

describe('a private key', () => {
  it('is known after a crash to be dead when its record is gone', async () => {
    const result = await run([login(), ...recordGone], { notes: onFile(KEY) });
    expect(result).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is not deleted when only its ending is another one, which every member sees', async () => {
    const forged = ['deadbeef', 'dead', 'dead', 'dead', 'db2c132ca78d'].join('-');
    const result = await run([login(), list([leaked]), ...pairOut], { token: forged, mayActUnproven: true });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record', evidence: { key: KEY } });
  });

  it('waits for a person when its access list does not let us try it', async () => {
    const result = await run([login(), list([leaked]), ...blocked, recordNow(leaked), ...blocked]);
    expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { key: KEY } });
  });

  it('is deleted by its record once a person approved it', async () => {
    const seen = [login(), list([leaked]), ...blocked, recordNow(leaked), ...blocked];
    expect(await run([...seen, remove(), ...recordGone], { mayActUnproven: true })).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('is not deleted where a key ends alike and is another one', async () => {
    const second = 'f'.repeat(24);
    const organizations = [second, ORGANIZATION].map(organization);
    const first = [login(), list([twin], { id: second }), ...pairOut];
    const result = await run(first, { settings: () => ({ organizations }) });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  });

  it('is not deleted when two have the same ending, the second on a later page', async () => {
    const full = [leaked, ...Array.from({ length: 499 }, () => other)];
    const result = await run([login(), list(full), list([twin], { page: 2 })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is found when it moved to a page that was read before, as another one was deleted', async () => {
    const others = Array.from({ length: 500 }, (_, index) => ({
      ...other,
      id: String(index).padStart(24, '0'),
    }));
    const before = [list(others), list([], { page: 2 })];
    const after = [list([...others.slice(1), leaked]), list([], { page: 2 }), ...pairIn];
    const ended = [recordNow(leaked), ...pairIn, remove(), ...recordGone];
    expect(await run([login(), ...before, ...after, ...ended])).toMatchObject({ verified: true });
  });

  it('is one when it is listed twice, as another one was made meanwhile', async () => {
    const others = Array.from({ length: 499 }, (_, index) => ({
      ...other,
      id: String(index).padStart(24, '0'),
    }));
    const twice = [list([...others, leaked]), list([leaked], { page: 2 }), ...pairIn];
    const ended = [recordNow(leaked), ...pairIn, remove(), ...recordGone];
    expect(await run([login(), ...twice, ...ended])).toMatchObject({ verified: true });
  });

  it('is looked for in one reading of the list with all others, by one log-in', async () => {
    const forged = (last: number) => ['deadbeef', 'dead', 'dead', 'dead', `db2c132ca78${last}`].join('-');
    const bench = await startBench(mongodbAtlas, config, [login(), list([other])]);
    onTestFinished(() => bench.close());
    for (const last of [1, 2, 3, 4]) {
      const end = await runStep(bench, new Secret(forged(last)), { kind: 'private-key' });
      expect(end.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    }
    bench.verify();
  });

  it('is not known by a mask that shows less than the last group', async () => {
    const masked = record(KEY, 'a78d', '********-****-****-********');
    const result = await run([login(), list([masked])]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

describe('a service account secret', () => {
  const ofSecret = { token: SECRET, context: CONTEXT };

  it('asks for its client when there is none beside the leak', async () => {
    const result = await run([], { token: SECRET, context: 'nothing here' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('is not hidden by another client that gets no access token now', async () => {
    const decoy = `mdb_sa_id_${'3'.repeat(24)}`;
    const several = account(secretRecord(SECRET_ID), secretRecord(TWIN));
    const script = [logIn(403, decoy), ...logsIn, login(), several];
    const end = await run(script, { ...ofSecret, context: CONTEXT.replace('secret=', `${decoy} secret=`) });
    expect(end).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not deleted when its client has several, of which the masks show nothing', async () => {
    const several = account(secretRecord(SECRET_ID), secretRecord(TWIN));
    const result = await run([...logsIn, login(), several], ofSecret);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous', evidence: { client: CLIENT } });
  });

  it('is the one of several whose mask shows its ending', async () => {
    const several = account(
      secretRecord(TWIN, 'mdb_sa_sk_...0000'),
      secretRecord(SECRET_ID, `mdb_sa_sk_...${SECRET.slice(-4)}`),
    );
    const seen = [...logsIn, login(), several, ...logsIn, several];
    const result = await run([...seen, removeSecret(), logIn(401)], ofSecret);
    expect(result).toMatchObject({ outcome: 'revoked', verified: true, evidence: { secret: SECRET_ID } });
  });

  it('is not unknown to be alive when its service account is of another organization', async () => {
    const result = await run([...logsIn, login(), noAccount], ofSecret);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is the only one of its client that has not expired', async () => {
    const expired = secretRecord(TWIN, 'mdb_sa_sk_...', '2020-01-01T00:00:00Z');
    const both = account(expired, secretRecord(SECRET_ID));
    const exchanges = [...logsIn, login(), both, ...logsIn, both, removeSecret(), logIn(401)];
    expect(await run(exchanges, ofSecret)).toMatchObject({
      outcome: 'revoked',
      evidence: { secret: SECRET_ID },
    });
  });

  it('is not deleted while another one of its client has ended by our clock alone', async () => {
    const ending = secretRecord(TWIN, 'mdb_sa_sk_...', '2025-12-31T23:55:00Z');
    const result = await run([...logsIn, login(), account(ending, secretRecord(SECRET_ID))], ofSecret);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not deleted while another one lives by the clock of MongoDB Atlas, days behind ours', async () => {
    const ending = secretRecord(TWIN, 'mdb_sa_sk_...', '2025-12-20T12:00:00Z');
    const both = dated(account(ending, secretRecord(SECRET_ID)), 'Sat, 20 Dec 2025 11:00:00 GMT');
    const result = await run([...logsIn, login(), both], ofSecret);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not taken for another one that is alone, however old, before a deleted one would be refused', async () => {
    const alone = account(secretRecord(TWIN));
    const result = await run([...logsIn, login(), alone, logIn(401), account()], ofSecret);
    expect(result).toMatchObject({ outcome: 'already-inactive', waitedMs: 600_000 });
  });

  it('is not taken for the only one of its client when that shows another ending', async () => {
    const another = account(secretRecord(TWIN, 'mdb_sa_sk_...0000'));
    const later = [...logsIn, another];
    const exchanges = [...logsIn, login(), another, ...later, ...later];
    expect(await run(exchanges, ofSecret)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is dead when it was let in a while longer than its client had it', async () => {
    const result = await run([...logsIn, login(), account(), logIn(401)], ofSecret);
    expect(result).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  const anotherClient = `mdb_sa_id_${'3'.repeat(24)}`;

  it.each([
    ['show no client any more', 'nothing here', []],
    ['show another client', anotherClient, [logIn(401, anotherClient)]],
  ])(
    'is not dead, where its client did not list it, because the lines around it %s',
    async (_what, context, exchanges) => {
      const notes = [{ quash: 1, note: { unlistedSince: 0 }, seenAlive: [ORGANIZATION] }];
      const result = await run(exchanges, { token: SECRET, context, notes });
      expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
    },
  );

  it('is dead when it is not let in, and its record says that it has expired', async () => {
    const notes = onFile({ clientId: CLIENT, secretId: SECRET_ID });
    const expired = account(secretRecord(SECRET_ID, 'mdb_sa_sk_...', '2020-01-01T00:00:00Z'));
    const result = await run([logIn(401), login(), expired], { ...ofSecret, notes });
    expect(result).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is known after a crash to be dead when it no longer logs in', async () => {
    const notes = onFile({ clientId: CLIENT, secretId: SECRET_ID });
    const exchanges = [logIn(401), login(), account(secretRecord(TWIN))];
    const result = await run(exchanges, { ...ofSecret, notes });
    expect(result).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is dead when its service account is gone from the organization, which is still seen', async () => {
    const notes = onFile({ clientId: CLIENT, secretId: SECRET_ID });
    const result = await run([logIn(401), login(), noAccount, accounts], { ...ofSecret, notes });
    expect(result).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is not dead while it logs in, though its service account is out of sight', async () => {
    const notes = onFile({ clientId: CLIENT, secretId: SECRET_ID });
    const exchanges = [...logsIn, login(), noAccount];
    await expect(run(exchanges, { ...ofSecret, notes })).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is not dead, though it is not let in, while its service account has it', async () => {
    const notes = onFile({ clientId: CLIENT, secretId: SECRET_ID });
    const exchanges = [logIn(401), login(), account(secretRecord(SECRET_ID))];
    await expect(run(exchanges, { ...ofSecret, notes })).rejects.toMatchObject({ code: 'suspended' });
  });
});

it('answers a challenge as RFC 7616 says', () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const call = {
    method: 'GET',
    uri: '/dir/index.html',
    username: 'Mufasa',
    password: new Secret('Circle of Life'),
  } as const;
  const challenge = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf"';
  const header = digestHeader(challenge, call, 'f2/wE4')?.reveal();
  const [one, two] = [md5('Mufasa:http-auth@example.org:Circle of Life'), md5('GET:/dir/index.html')];
  expect(header).toContain(`response="${md5(`${one}:7ypf:00000001:f2/wE4:auth:${two}`)}"`);
  expect(digestHeader('Basic realm="x"', call)).toBeUndefined();
  expect(digestHeader('Digest realm="x", nonce="n", algorithm=SHA-256', call)).toBeUndefined();
});
