import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  CONTEXT,
  cases,
  config,
  ended,
  error,
  gone,
  goneForGood,
  goneForSure,
  ID,
  itself,
  leaked,
  noSession,
  OAUTH,
  oauthInvalid,
  oauthKeptOut,
  oauthRefused,
  oauthWorks,
  ofAnother,
  PASSWORD,
  PASSWORD_CONTEXT,
  PASSWORD_PATH,
  page,
  password,
  passwords,
  REFRESH,
  record,
  revocation,
  shop,
  stillThere,
  TOKEN,
  there,
  USER,
  withApplications,
  withPasswords,
  works,
} from './cases.ts';
import { planetscale } from './index.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], context: string | undefined, notes: unknown[] = []) {
  const bench = await startBench(planetscale, config, exchanges);
  onTestFinished(() => bench.close());
  const options = { kind: 'service-token', notes, ...(context !== undefined && { context }) };
  const end = await runStep(bench, new Secret(TOKEN), options);
  bench.verify();
  return end;
}

it('deletes no token whose id stands beside the leak but does not work with it', async () => {
  const { result } = await run([there(), itself(401, error('unauthorized'))], CONTEXT);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: ID }] },
  });
});

it('does not take the id of a token that works in another organization only', async () => {
  const elsewhere = itself(200, { data: [{ name: 'another' }] });
  const { result } = await run([there(), elsewhere], CONTEXT);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('finds the right one among words that look like ids', async () => {
  const beside = `PSCALE_ID=${ID}\n# of the shop in production\nPSCALE_TOKEN=${TOKEN}`;
  const context = `${beside} organization wrongwrong12`;
  const exchanges = [
    gone('organization'),
    there('wrongwrong12'),
    itself(401, error('unauthorized'), 'wrongwrong12'),
    there(),
    ...works(),
    there(),
    ...works(),
    record('DELETE', 204),
    ...goneForSure(),
  ];
  expect(await run(exchanges, context)).toMatchObject({
    verified: true,
    result: { evidence: { tokenId: ID } },
  });
});

it('finds the right one behind one of which nothing can be said', async () => {
  const context = CONTEXT.replace('PSCALE_TOKEN', 'decoydecoy12 PSCALE_TOKEN');
  const decoy = [there('decoydecoy12'), itself(400, error('bad_request'), 'decoydecoy12')];
  const own = [there(), ...works()];
  const exchanges = [...decoy, ...own, ...own, record('DELETE', 204), ...goneForSure()];
  expect(await run(exchanges, context)).toMatchObject({
    verified: true,
    result: { evidence: { tokenId: ID } },
  });
});

it('asks about the nearest of many words that look like ids', async () => {
  const words = Array.from({ length: 30 }, (_, index) => `abcdefghij${10 + index}`);
  const context = [...words, CONTEXT].join('\n');
  const exchanges = [there(), ...works(), there(), ...works(), record('DELETE', 204), ...goneForSure()];
  expect(await run(exchanges, context)).toMatchObject({
    verified: true,
    result: { evidence: { tokenId: ID } },
  });
});

it.each([
  ['there are no lines around the leak', undefined],
  ['they hold no id', `token: ${TOKEN}`],
])('asks for the id when %s', async (_why, context) => {
  const { result } = await run([], context);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('knows after a crash that the token which is gone was its own to delete', async () => {
  const end = await run(goneForSure(), undefined, [{ keeper: 'acme', id: ID }]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('calls no token dead that our own does not see any more, as it does not see itself either', async () => {
  const end = run([gone(), gone('operator1234')], undefined, [{ keeper: 'acme', id: ID }]);
  await expect(end).rejects.toMatchObject({ code: 'unexpected-answer', status: 404 });
});

async function runPassword(
  exchanges: readonly Exchange[],
  { context = PASSWORD_CONTEXT, notes = [] }: { context?: string; notes?: unknown[] } = {},
) {
  const bench = await startBench(planetscale, withPasswords, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(PASSWORD), { kind: 'branch-password', notes, context });
  bench.verify();
  return end;
}

it('takes passwords only where they are turned on', async () => {
  const bench = await startBench(planetscale, config, []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['service-token']);
});

it('deletes no password whose user name stands beside the leak but opens no session with it', async () => {
  const { result } = await runPassword([...shop, passwords(leaked), noSession]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ password: PASSWORD_PATH }] },
  });
});

it.each(['evil.example.com', 'psdb.cloud.example.com', 'evil.com/.psdb.cloud', 'evil.com#.psdb.cloud'])(
  'sends the password to no host that is not of PlanetScale: %s',
  async (host) => {
    const { result } = await runPassword([...shop, passwords(password('4rwwvrxk2o99', USER, host))]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  },
);

const databases = (count: number) =>
  Array.from({ length: count }, (_, index) => page('/databases', [], index + 1, index + 2));

describe('an organization that cannot tell whether it has the leaked one does not end the search', () => {
  const withAnother = () => {
    const [acme] = withPasswords().organizations;
    return { organizations: [{ ...acme, name: 'another' }, acme] };
  };
  const run = async (token: string, context: string, exchanges: readonly Exchange[]) => {
    const bench = await startBench(planetscale, withAnother, exchanges);
    onTestFinished(() => bench.close());
    const kind = token === PASSWORD ? 'branch-password' : 'service-token';
    const end = await runStep(bench, new Secret(token), { kind, context });
    bench.verify();
    return end;
  };
  const found = [...shop, passwords(leaked), ...ended];

  it('as it has the id of another service token', async () => {
    const foreign = [ofAnother(there()), itself(401, error('unauthorized'))];
    const here = [there(), ...works(), there(), ...works(), record('DELETE', 204), ...goneForSure()];
    expect(await run(TOKEN, CONTEXT, [...foreign, ...here])).toMatchObject({ verified: true });
  });

  it('as it has the user name of another password', async () => {
    const foreign = [...[...shop, passwords(leaked)].map(ofAnother), noSession];
    expect(await run(PASSWORD, PASSWORD_CONTEXT, [...foreign, ...found])).toMatchObject({ verified: true });
  });

  it('as it has more branches than are read at once', async () => {
    const end = await run(PASSWORD, PASSWORD_CONTEXT, [...databases(20).map(ofAnother), ...found]);
    expect(end).toMatchObject({ verified: true });
  });
});

it('leaves a password to a person where there are more branches than are read', async () => {
  const { result } = await runPassword(databases(200));
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous', evidence: { candidates: [] } });
});

it('reads the passwords once for all that are looked for within a minute', async () => {
  const exchanges = [...shop, passwords(password('other', 'somebody-else'))];
  const bench = await startBench(planetscale, withPasswords, exchanges);
  onTestFinished(() => bench.close());
  for (const text of [PASSWORD, PASSWORD.replace('a1', 'b2')]) {
    const step = { kind: 'branch-password', context: PASSWORD_CONTEXT };
    const { result } = await runStep(bench, new Secret(text), step);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  }
  bench.verify();
});

it('goes through all pages of all branches', async () => {
  const exchanges = [
    page('/databases', [{ name: 'empty' }], 1, 2),
    page('/databases', [{ name: 'shop' }], 2),
    page('/databases/empty/branches', []),
    page('/databases/shop/branches', [{ name: 'dev' }, { name: 'main' }]),
    page('/databases/shop/branches/dev/passwords', []),
    passwords(leaked),
    ...ended,
  ];
  expect(await runPassword(exchanges)).toMatchObject({ verified: true });
});

it.each([
  ['', []],
  [', where another one beside the leak stays', [password('decoy', 'connect')]],
])(
  'finds a password that moved to a page which was read before, as another one was deleted%s',
  async (_, decoys) => {
    const path = '/databases/shop/branches/main/passwords';
    const refusals = decoys.map(() => ({
      ...noSession,
      expect: { ...noSession.expect, headers: { authorization: basic('connect', PASSWORD) } },
    }));
    const exchanges = [
      ...[...shop, page(path, decoys, 1, 2), page(path, [], 2), ...refusals],
      ...[...shop, page(path, [...decoys, leaked], 1, 2), page(path, [], 2), ...refusals, ...ended],
    ];
    expect(await runPassword(exchanges)).toMatchObject({ verified: true });
  },
);

it('finds the right password behind one of which nothing can be said', async () => {
  const decoy = password('decoy', 'connect');
  const sessionOf = { ...noSession.expect, headers: { authorization: basic('connect', PASSWORD) } };
  const exchanges = [
    ...shop,
    passwords(decoy, leaked),
    { expect: sessionOf, answer: { status: 404, json: error('not_found') } },
    ...ended,
  ];
  expect(await runPassword(exchanges)).toMatchObject({ verified: true });
});

it('holds up no other password while the host of one is down', async () => {
  const decoy = password('decoy', 'connect', 'gcp.connect.psdb.cloud');
  const down = {
    expect: {
      ...noSession.expect,
      path: noSession.expect.path.replace('aws.', 'gcp.'),
      headers: { authorization: basic('connect', PASSWORD) },
    },
    answer: { status: 503 },
  };
  const seen = [...shop, passwords(decoy, leaked), down];
  expect(await runPassword([...seen, ...ended])).toMatchObject({ verified: true });
  const alone = runPassword([...seen, noSession]);
  await expect(alone).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('knows after a crash that the password which is gone was its own to delete', async () => {
  const notes = [{ keeper: 'acme', id: PASSWORD_PATH }];
  const end = await runPassword(goneForGood, { notes });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('deletes no password that opens no session any more, whatever is on file', async () => {
  const notes = [{ keeper: 'acme', id: PASSWORD_PATH }];
  const { result } = await runPassword([stillThere, noSession], { notes });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

async function runOauth(token: string, exchanges: readonly Exchange[]) {
  const bench = await startBench(planetscale, () => withApplications('app-1', 'app-2'), exchanges);
  onTestFinished(() => bench.close());
  const kind = token === OAUTH ? 'oauth-access-token' : 'oauth-refresh-token';
  try {
    return await runStep(bench, new Secret(token), { kind });
  } finally {
    bench.verify();
  }
}

it('believes no application that says it revoked an OAuth token which still works', async () => {
  const end = await runOauth(OAUTH, [
    oauthWorks,
    revocation(200, {}),
    oauthWorks,
    revocation(200, {}, OAUTH, 'app-2'),
    oauthRefused,
  ]);
  expect(end).toMatchObject({ verified: true, result: { evidence: { application: 'app-2' } } });
});

it('waits for the end of an OAuth token that is let in a while longer than it was revoked', async () => {
  const takenByBoth = [revocation(200, {}), oauthWorks, revocation(200, {}, OAUTH, 'app-2'), oauthWorks];
  const bench = await startBench(planetscale, () => withApplications('app-1', 'app-2'), [
    ...[oauthWorks, ...takenByBoth],
    oauthRefused,
    ...[oauthWorks, ...takenByBoth],
  ]);
  onTestFinished(() => bench.close());
  const token = new Secret(OAUTH);
  const notes: unknown[] = [];
  const first = await runStep(bench, token, { kind: 'oauth-access-token', notes });
  expect(first).toMatchObject({ verified: true, result: { evidence: { applications: 'app-1, app-2' } } });
  // One that was let in until the verifications were over.
  const { result } = await runStep(bench, token, { kind: 'oauth-access-token', notes });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();

  // With its own application in the configuration, for which a person has it tried again.
  const own = [revocation(200, {}, OAUTH, 'app-3'), oauthWorks];
  const retried = await startBench(planetscale, () => withApplications('app-1', 'app-2', 'app-3'), [
    ...[oauthWorks, ...takenByBoth, ...own],
    oauthRefused,
  ]);
  onTestFinished(() => retried.close());
  const last = await runStep(retried, token, { kind: 'oauth-access-token', notes });
  expect(last).toMatchObject({
    verified: true,
    result: { evidence: { applications: 'app-1, app-2, app-3' } },
  });
  retried.verify();
});

it('knows an OAuth token that ended by either form of the refusal, and by no other', async () => {
  for (const refusal of [oauthRefused, oauthInvalid]) {
    expect(await runOauth(OAUTH, [refusal])).toMatchObject({ result: { outcome: 'already-inactive' } });
  }
  await expect(runOauth(OAUTH, [oauthKeptOut])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('leaves an OAuth token of another application to a person', async () => {
  const no = { error: 'unauthorized_client' };
  const script = [oauthWorks, revocation(403, no), revocation(403, no, OAUTH, 'app-2')];
  const { result } = await runOauth(OAUTH, script);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('asks the next application when PlanetScale refuses one', async () => {
  const refusal = (token: string) => revocation(401, { error: 'invalid_client' }, token);
  const taken = (token: string) => revocation(200, {}, token, 'app-2');
  const done = await runOauth(OAUTH, [oauthWorks, refusal(OAUTH), taken(OAUTH), oauthRefused]);
  expect(done).toMatchObject({ verified: true, result: { evidence: { application: 'app-2' } } });

  const no = { error: 'unauthorized_client' };
  const nobody = runOauth(OAUTH, [oauthWorks, refusal(OAUTH), revocation(403, no, OAUTH, 'app-2')]);
  await expect(nobody).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' });
  // Nothing shows whose a refresh token is, so it is not done before all were asked.
  const refresh = runOauth(REFRESH, [refusal(REFRESH), taken(REFRESH)]);
  await expect(refresh).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' });
});

it('keeps that a look saw an OAuth token work', async () => {
  const bench = await startBench(planetscale, () => withApplications('app-1'), [oauthWorks]);
  onTestFinished(() => bench.close());
  const token = new Secret(OAUTH);
  const looking = stepOf(bench.provider, token, { kind: 'oauth-access-token' });
  expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
  expect(looking.seenAlive).toEqual(['https://api.planetscale.com']);
});

it('calls no refresh token dead, as nobody can ask with it', async () => {
  const all = [revocation(200, {}, REFRESH), revocation(200, {}, REFRESH, 'app-2')];
  expect(await runOauth(REFRESH, all)).toMatchObject({ verified: false, result: { outcome: 'accepted' } });
});

it('deletes no password of an organization that is too large to be read whole', async () => {
  const pages = Array.from({ length: 200 }, (_, index) => page('/databases', [], index + 1, index + 2));
  const { result } = await runPassword(pages);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});
