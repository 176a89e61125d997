import { describe, expect, it, onTestFinished } from 'vitest';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import { dated, type Exchange } from '../../test/support/scripted-upstream.ts';
import {
  again,
  cases,
  config,
  connection,
  deadPat,
  deafApp,
  deniedToAll,
  deniedToUs,
  devOpsSignIn,
  directKeyRevocation,
  directKeySearch,
  disabledApp,
  EVENT_GRID_KEY,
  expired,
  FUNCTIONS_KEY,
  functionsSearch,
  GATEWAY_KEY,
  gone,
  goneFromThere,
  graphSignIn,
  lostApp,
  managementSignIn,
  masterKeyRenewal,
  namespaceKeys,
  namespaceRenewal,
  namespaceSearch,
  noteBefore,
  OWN_ID,
  OWN_SECRET,
  onePage,
  PAT,
  pat,
  patList,
  patPages,
  patsOf,
  probe,
  QUERY_KEY,
  queryKeyDeletion,
  queryKeySearch,
  queryKeys,
  removal,
  revokePat,
  SECRET,
  SIGNATURE,
  STORAGE_KEY,
  searchWith,
  servicePrincipalRemoval,
  servicePrincipals,
  someone,
  twoApplications,
  works,
  worksElsewhere,
  workspaceKeys,
  workspaceRenewal,
  workspaceSearch,
} from './cases.ts';
import { azure } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[]) {
  const started = await startBench(azure, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

async function end(exchanges: readonly Exchange[], token: string, kind: string) {
  const started = await bench(exchanges);
  const { result } = await runStep(started, new Secret(token), { kind });
  started.verify();
  return result;
}

it('does not call a client secret dead whose application another tenant does not have', async () => {
  const away = { ...works, answer: { status: 503 } };
  const before = await bench([graphSignIn, onePage('abc'), servicePrincipals(), works, away]);
  const notes: unknown[] = [];
  const options = { kind: 'entra-client-secret', notes };
  await expect(runStep(before, new Secret(SECRET), options)).rejects.toMatchObject({ code: 'unavailable' });

  const tenantId = OWN_ID;
  const path = graphSignIn.expect.path.replace(config().tenantId, tenantId);
  const signIn = { ...graphSignIn, expect: { ...graphSignIn.expect, path } };
  const exchanges = [signIn, onePage(), servicePrincipals()];
  const after = await startBench(azure, () => ({ ...config(), tenantId }), exchanges);
  onTestFinished(() => after.close());
  const { result } = await runStep(after, new Secret(SECRET), options);
  after.verify();
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

describe('an Entra client secret', () => {
  const kind = 'entra-client-secret';

  it('is looked for in one reading, and once more in another one, however many are forged', async () => {
    const reading = [onePage('xyz'), servicePrincipals()];
    const flood = await bench([graphSignIn, ...reading, ...reading]);
    const notes = new Map<Secret, unknown[]>();
    for (const letter of ['x', 'y', 'z']) notes.set(new Secret(SECRET.slice(0, -1) + letter), []);
    const revokeAll = async () => {
      const outcomes: string[] = [];
      for (const [forged, noted] of notes) {
        const step = stepOf(flood.provider, forged, { kind, notes: noted });
        outcomes.push((await flood.provider.revoke(forged, step)).outcome);
        noted.push(step.remembered);
      }
      return outcomes;
    };
    expect(await revokeAll()).toEqual(['continue', 'continue', 'continue']);
    await flood.clock.advance(60_000);
    expect(await revokeAll()).toEqual(['unknown', 'unknown', 'unknown']);
    flood.verify();
  });

  it('is removed although Entra did not know it yet, as it was made a moment ago', async () => {
    const search = [onePage('abc'), servicePrincipals()];
    const ended = [works, works, ...again(['abc']), removal(), gone];
    const result = await end([graphSignIn, ...search, gone, ...search, ...ended], SECRET, kind);
    expect(result).toMatchObject({ outcome: 'revoked' });
    const unlisted = [onePage('xyz'), servicePrincipals()];
    const late = await end([graphSignIn, ...unlisted, ...search, ...ended], SECRET, kind);
    expect(late).toMatchObject({ outcome: 'revoked' });
  });

  it('is not removed when its application has two with the same first three characters', async () => {
    const result = await end([graphSignIn, onePage('abc', 'abc'), servicePrincipals(), works], SECRET, kind);
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{}, {}] },
    });
  });

  it('is tried again while Entra is too busy', async () => {
    const busy = probe(400, { error: 'temporarily_unavailable', error_codes: [90033] });
    const failing = end([graphSignIn, onePage('abc'), servicePrincipals(), busy], SECRET, kind);
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('is not removed on the word of its hint when Entra leaves open whose it is', async () => {
    const blocked = probe(400, { error: 'unauthorized_client', error_codes: [700016] });
    const result = await end([graphSignIn, onePage('abc'), servicePrincipals(), blocked], SECRET, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is removed from a service principal that has it of its own', async () => {
    const search = [graphSignIn, onePage('xyz'), servicePrincipals('abc'), works];
    const result = await end(
      [...search, works, ...again([], ['abc']), servicePrincipalRemoval, gone],
      SECRET,
      kind,
    );
    expect(result).toMatchObject({ outcome: 'revoked' });
  });

  it.each([
    ['another one that begins so', again(['abc', 'abc'])],
    ['another one whose beginning is not shown', again(['abc', null])],
    ['its service principal with one that begins so', again(['abc'], ['xyz', 'abc'])],
  ])('is not removed when its application has got %s since the search', async (_what, now) => {
    const search = [graphSignIn, onePage('abc'), servicePrincipals(), works];
    const result = await end([...search, works, ...now], SECRET, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('that was removed and is let in for some more minutes is waited for', async () => {
    const search = [graphSignIn, onePage('abc'), servicePrincipals(), works];
    const step = end([...search, works, ...again([])], SECRET, kind);
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is not called dead when it is refused while its application has it', async () => {
    const seen = [graphSignIn, onePage('abc'), servicePrincipals(), works, gone];
    await expect(end([...seen, ...again(['abc'])], SECRET, kind)).rejects.toMatchObject({
      code: 'suspended',
    });
    expect(await end([...seen, ...again([])], SECRET, kind)).toMatchObject({ outcome: 'already-inactive' });
  });

  it('is not removed when the application and its service principal both have one that begins so', async () => {
    const search = [graphSignIn, onePage('abc'), servicePrincipals('abc'), works];
    expect(await end(search, SECRET, kind)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not called dead while its application is disabled', async () => {
    const search = [graphSignIn, onePage('abc'), servicePrincipals(), probe(400, disabledApp)];
    expect(await end(search, SECRET, kind)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not called dead by the word "expired" while Graph has none that has ended by any clock', async () => {
    const search = [graphSignIn, onePage('abc'), servicePrincipals(), expired];
    for (const now of [again(['abc']), again(['abc', null]), again([]), again(['abc'], [], '2026')]) {
      expect(await end([...search, ...now], SECRET, kind)).toMatchObject({ reason: 'ambiguous' });
    }
  });

  it('is tried at the other applications, too, when one has a like secret that has ended', async () => {
    const first = [expired, ...again(['abc'], [], '2020')];
    const started = await bench([
      graphSignIn,
      twoApplications,
      servicePrincipals(),
      ...first,
      worksElsewhere,
    ]);
    const step = stepOf(started.provider, new Secret(SECRET), { kind });
    expect(await started.provider.look?.(new Secret(SECRET), step)).toMatchObject({ outcome: 'alive' });
    started.verify();
  });

  it('is looked for at the hosts of the configured cloud', async () => {
    const elsewhere = (exchange: Exchange): Exchange => ({
      ...exchange,
      expect: {
        ...exchange.expect,
        path: exchange.expect.path
          .replace('login.microsoftonline.com', 'login.microsoftonline.us')
          .replace('graph.microsoft.com', 'graph.microsoft.us'),
        ...(exchange.expect.form && {
          form: { ...exchange.expect.form, scope: 'https://graph.microsoft.us/.default' },
        }),
      },
    });
    const reading = [onePage('xyz'), servicePrincipals()];
    const script = [graphSignIn, ...reading, ...reading].map(elsewhere);
    const started = await startBench(azure, () => ({ ...config(), cloud: 'us-government' }), script);
    onTestFinished(() => started.close());
    await runStep(started, new Secret(SECRET), { kind });
    started.verify();
  });

  it('is not sent to applications with other hints', async () => {
    const reading = [onePage('xyz'), servicePrincipals()];
    const result = await end([graphSignIn, ...reading, ...reading], SECRET, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is not removed when it is the one of Quash itself', async () => {
    expect(await end([], OWN_SECRET, kind)).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('of Quash itself is told to the log, too', async () => {
    const started = await bench([]);
    await runStep(started, new Secret(OWN_SECRET), { kind });
    expect(started.records).toMatchObject([{ event: 'own-credential-leaked' }]);
  });
});

describe('an Azure DevOps token', () => {
  const kind = 'devops-token';

  it('is told from the others by the whole list, however many pages that has', async () => {
    const pages = [connection(200, someone), devOpsSignIn, ...patPages('c', 'd')];
    expect(await end(pages, PAT, kind)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not revoked when its user has several', async () => {
    const result = await end([connection(200, someone), devOpsSignIn, patList('c', 'd')], PAT, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not revoked when its user has another one that has ended by our clock alone', async () => {
    const both = patsOf(pat('c', '2025-12-31T23:55:00Z'), pat('d'));
    const result = await end([connection(200, someone), devOpsSignIn, both], PAT, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is not revoked while another one lives by the clock of Azure DevOps, days behind ours', async () => {
    const both = dated(patsOf(pat('c', '2025-12-20T12:00:00Z'), pat('d')), 'Sat, 20 Dec 2025 11:00:00 GMT');
    const result = await end([connection(200, someone), devOpsSignIn, both], PAT, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  const seen = [connection(200, someone), devOpsSignIn, patList('c')];

  it('is not taken for another one that is alone, however old, while a revoked one works on', async () => {
    const result = end([...seen, deadPat, devOpsSignIn, patList('c')], PAT, kind);
    await expect(result).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not revoked when its user has another one by the time that it would be', async () => {
    const result = await end([...seen, connection(200, someone), devOpsSignIn, patList('c', 'd')], PAT, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('is waited for once its record is gone, as a revoked one works on', async () => {
    const result = end([...seen, connection(200, someone), devOpsSignIn, patList()], PAT, kind);
    await expect(result).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is only asked whether it still works once it is revoked, not which one it is', async () => {
    const revokes = [...seen, connection(200, someone), devOpsSignIn, patList('c'), revokePat];
    const started = await bench([...revokes, connection(200, someone), deadPat]);
    const notes: unknown[] = [];
    const first = runStep(started, new Secret(PAT), { kind, notes });
    await expect(first).rejects.toMatchObject({ code: 'still-active' });
    const step = stepOf(started.provider, new Secret(PAT), { kind, notes });
    expect(await started.provider.verify?.(new Secret(PAT), step)).toBe('dead');
    started.verify();
  });

  it('is dead when it is refused and its user does not have it any more', async () => {
    const result = await end([...seen, deadPat, devOpsSignIn, patList()], PAT, kind);
    expect(result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('is not taken for a working one when the answer is about the anonymous user', async () => {
    const anonymous = { id: 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' };
    const result = await end([connection(200, anonymous)], PAT, kind);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

describe('a key of a resource', () => {
  it('is not called dead when its resource only does not list its keys now', async () => {
    const revoked = cases[1]?.scripts.revoked.exchanges ?? [];
    const [list] = revoked.slice(-1);
    if (!list) throw new Error('The script of a storage key has no last call.');
    const busy = {
      ...list,
      answer: { status: 409, json: { error: { code: 'StorageAccountIsNotProvisioned' } } },
    };
    const started = await bench([...revoked.slice(0, -1), busy]);
    const end = await runStep(started, new Secret(STORAGE_KEY), { kind: 'resource-key' });
    expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  });

  it('is not called dead with its resource, which may be restored', async () => {
    const [signIn, ...nowhere] = cases[1]?.scripts.alreadyDead.exchanges ?? [];
    if (!signIn) throw new Error('The script of a storage key has no first call.');
    const notes: unknown[] = [];
    const configAt = (url: string) => {
      const note = noteBefore(url);
      notes.push({ quash: 1, note, seenAlive: [note.account] });
      return config();
    };
    const started = await startBench(azure, configAt, [signIn, goneFromThere, ...nowhere]);
    onTestFinished(() => started.close());
    const { result } = await runStep(started, new Secret(STORAGE_KEY), { kind: 'resource-key', notes });
    started.verify();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('is looked for anew when its resource was moved, with its keys', async () => {
    const [, ...revoked] = cases[1]?.scripts.revoked.exchanges ?? [];
    const notes: unknown[] = [];
    const configAt = (url: string) => {
      notes.push(noteBefore(url));
      return config();
    };
    const started = await startBench(azure, configAt, [managementSignIn, goneFromThere, ...revoked]);
    onTestFinished(() => started.close());
    const options = { kind: 'resource-key', notes };
    const end = await runStep(started, new Secret(STORAGE_KEY), options);
    started.verify();
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });
});

describe('a key below a resource', () => {
  it('is not renewed when two function apps or functions have the same', async () => {
    const script = functionsSearch(FUNCTIONS_KEY, FUNCTIONS_KEY);
    const result = await end(script, FUNCTIONS_KEY, 'functions-key');
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{}, {}] },
    });
    expect(JSON.stringify(result)).not.toContain(FUNCTIONS_KEY);
  });

  it('is found where the pricing tier of a service has no gateways', async () => {
    const script = [...directKeySearch, ...directKeyRevocation];
    expect(await end(script, GATEWAY_KEY, 'api-management-key')).toMatchObject({ outcome: 'revoked' });
  });
});

describe('a search among resources', () => {
  it('is one reading for a flood of forged keys', async () => {
    const flood = await bench(cases[1]?.scripts.alreadyDead.exchanges ?? []);
    for (const letter of ['x', 'y', 'z']) {
      const forged = new Secret(letter + STORAGE_KEY.slice(1));
      const { result } = await runStep(flood, forged, { kind: 'resource-key' });
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    }
    flood.verify();
  });

  it('goes on past a function app whose runtime does not answer', async () => {
    const search = searchWith(deafApp('app'), FUNCTIONS_KEY);
    const started = await bench(search);
    const step = stepOf(started.provider, new Secret(FUNCTIONS_KEY), { kind: 'functions-key' });
    const result = await started.provider.look?.(new Secret(FUNCTIONS_KEY), step);
    expect(result).toMatchObject({ outcome: 'alive' });
  });

  it('goes on past the storage that another service manages, and denies to everybody', async () => {
    const [signIn, list, , ...revoked] = cases[1]?.scripts.revoked.exchanges ?? [];
    const script = [signIn, list, deniedToAll, ...revoked].filter((call) => call !== undefined);
    const result = await end(script, STORAGE_KEY, 'resource-key');
    expect(result).toMatchObject({ outcome: 'revoked' });
  });

  it('finds a key although ours may not list those of another resource, and says so where it does not', async () => {
    const [signIn, list, , ...revoked] = cases[1]?.scripts.revoked.exchanges ?? [];
    const script = [signIn, list, deniedToUs, ...revoked].filter((call) => call !== undefined);
    const result = await end(script, STORAGE_KEY, 'resource-key');
    expect(result).toMatchObject({ outcome: 'revoked' });
    const missing = cases[1]?.scripts.forbidden;
    if (!missing || !('exchanges' in missing)) throw new Error('There is no such script.');
    const failure = end(missing.exchanges, STORAGE_KEY, 'resource-key');
    await expect(failure).rejects.toMatchObject({ code: 'permission-missing', scope: 'entry' });
  });

  it.each([
    ['does not answer now', deafApp('app')],
    ['has lost its storage', lostApp('app')],
  ])('names an app that %s when no other has the key', async (_why, host) => {
    const result = await end(searchWith(host, 'another'), FUNCTIONS_KEY, 'functions-key');
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      evidence: { candidates: [{ resource: expect.stringContaining('/sites/app') }] },
    });
  });

  it('does not take an app that has lost its storage for one that has lost the key', async () => {
    const search = functionsSearch(FUNCTIONS_KEY, 'another');
    const result = await end([...search, lostApp('app')], FUNCTIONS_KEY, 'functions-key');
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('renews the master key among the function keys', async () => {
    const result = await end(masterKeyRenewal, FUNCTIONS_KEY, 'functions-key');
    expect(result).toMatchObject({ outcome: 'revoked' });
  });

  it('finds a key of a subscription in a workspace', async () => {
    const again = [workspaceKeys(GATEWAY_KEY), workspaceKeys(GATEWAY_KEY)];
    const script = [...workspaceSearch(GATEWAY_KEY), ...again, workspaceRenewal, workspaceKeys('a-new-one')];
    expect(await end(script, GATEWAY_KEY, 'api-management-key')).toMatchObject({ outcome: 'revoked' });
  });

  it('finds a key of an Event Grid namespace', async () => {
    const again = [namespaceKeys(EVENT_GRID_KEY), namespaceKeys(EVENT_GRID_KEY)];
    const script = [
      ...namespaceSearch(EVENT_GRID_KEY),
      ...again,
      namespaceRenewal,
      namespaceKeys('a-new-one'),
    ];
    expect(await end(script, EVENT_GRID_KEY, 'resource-key')).toMatchObject({ outcome: 'revoked' });
  });

  it('deletes a query key of a search service by its value', async () => {
    const listed = queryKeys('another', QUERY_KEY);
    const script = [...queryKeySearch, listed, listed, queryKeyDeletion, queryKeys('another')];
    expect(await end(script, QUERY_KEY, 'resource-key')).toMatchObject({ outcome: 'revoked' });
  });

  it('says what else a regenerated key ends', async () => {
    const { provider } = await bench([]);
    const kind = provider.kinds.find(({ id }) => id === 'resource-key');
    expect(kind?.warning).toMatch(/shared access signatures/);
  });
});

describe('recognition', () => {
  it.each([
    ['entra-client-secret', SECRET, SECRET],
    ['devops-token', PAT, PAT],
    ['devops-token', 'a2'.repeat(26), 'a2'.repeat(26)],
    [
      'resource-key',
      `AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=${STORAGE_KEY};`,
      STORAGE_KEY,
    ],
    [
      'resource-key',
      `Endpoint=https://x.azconfig.io;Id=ab-l0-s0:Zm9v;Secret=${'k'.repeat(43)}=`,
      `${'k'.repeat(43)}=`,
    ],
    ['functions-key', `https://x.azurewebsites.net/api/hook?code=${FUNCTIONS_KEY}`, FUNCTIONS_KEY],
    [
      'logic-app-signature',
      `https://prod-03.westus.logic.azure.com/workflows/${'0a'.repeat(16)}/triggers/manual/paths/invoke?sv=1.0&sig=${SIGNATURE}`,
      SIGNATURE,
    ],
    ['resource-key', `OPENAI_KEY=${'0a'.repeat(16)}`, '0a'.repeat(16)],
  ])('finds a %s', async (kind, text, token) => {
    const { provider } = await bench([]);
    const kinds = provider.kinds.filter(({ id }) => id === kind);
    expect(recognise(kinds, text)).toMatchObject({ ok: true, kind: { id: kind }, token });
  });
});

describe('configuration', () => {
  it('has no kinds without credentials', async () => {
    const started = await startBench(azure, () => ({}), []);
    onTestFinished(() => started.close());
    expect(started.provider.kinds).toEqual([]);
  });

  it('says which part of the credentials is missing', async () => {
    const half = () => ({ tenantId: config().tenantId, clientSecret: OWN_SECRET });
    await expect(startBench(azure, half, [])).rejects.toMatchObject({ path: ['clientId'] });
  });
});
