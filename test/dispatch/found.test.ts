/** What a report points to: found where it points, entered once, and never lost with the pointer. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import { takeIn } from '../../src/http/intake.ts';
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts';
import { openRedisLedger } from '../../src/ledger/redis/open.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { createShareOf } from '../../src/words/share.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { testKeys } from '../support/test-keys.ts';

const GITLAB = 'https://gitlab.example.com';
const MINUTE_MS = 60_000;
const LEASE_MS = 15_000;

const LEDGERS: readonly { name: string; missing?: boolean; open(vault: Vault): Promise<Ledger> }[] = [
  {
    name: 'SQLite',
    open: async (vault) => openSqliteLedger({ path: join(temporaryFolder(), 'quash.db'), vault }),
  },
  {
    name: 'Redis',
    missing: !redisAvailable(),
    async open(vault) {
      const server = await startRedis({ aof: false });
      onTestFinished(() => server.stop());
      return openRedisLedger({ url: server.url, vault });
    },
  },
];

/** A header that is the same for all keys. */
const POINTER = 'fake-header';

const at = (commit: string, project = 'good/app') =>
  `${GITLAB}/${project}/-/raw/${commit.repeat(8)}/id_rsa#L1`;

/** @param isInternal the provider gathers for Quash itself, and finds nothing */
async function world(
  open: (vault: Vault) => Promise<Ledger>,
  { isInternal = false, canonical }: { isInternal?: boolean; canonical?: (text: string) => string } = {},
) {
  const vault = new Vault(testKeys());
  const ledger = await open(vault);
  const clock = new FakeClock();
  const shareOf = createShareOf([GITLAB]);
  /** What stands where; other places cannot be read. */
  const files = new Map<string, string>();
  const read: string[][] = [];
  const fake = fakeProvider();
  fake.kind = { sharedText: (text) => text === POINTER, whole: 'exact', ...(canonical && { canonical }) };
  let beforeEnd: () => Promise<void> = async () => {};
  fake.revoke = async (token, step) => {
    if (token !== POINTER) return { outcome: 'revoked', proven: true };
    const text = (await step.context())?.reveal() ?? '';
    await beforeEnd();
    const secrets = [...text.matchAll(/fake-key\d+/g)].map(([key]) => ({
      kind: 'token',
      token: new Secret(key),
    }));
    if (secrets.length > 0) return { outcome: 'found', secrets };
    return { outcome: 'refused', reason: 'needs-context', advice: 'Look there.' };
  };
  fake.verify = async () => 'dead';
  const gathers = async () => {
    await beforeEnd();
    return { outcome: 'gathered', leaks: [], pointers: [], evidence: { found: 0 } } as const;
  };
  if (isInternal) Object.assign(fake, { revoke: gathers, kind: {} });
  const definition = { ...fake.definition, ...(isInternal && { internal: true as const }) };
  const registry = fakeRegistry([{ ...fake, definition }]);
  const start = (on: Ledger) => {
    const dispatcher = new Dispatcher({
      ...{ ledger: on, vault, clock, observe: () => {}, pace: createPace(), random: () => 0.5 },
    });
    dispatcher.start(registry, {
      async readContext(locations) {
        read.push([...locations]);
        const places = locations.toReversed().flatMap((location) => {
          const text = files.get(location);
          return text === undefined ? [] : [{ location, text: new Secret(text) }];
        });
        return places.length > 0 ? { places, unread: locations.length - places.length } : undefined;
      },
      ...{ shareOf: (caller: string, location: string) => shareOf(caller, location) },
      ...{ leaseMs: LEASE_MS, retentionDays: 90, reverifyAfterMs: MINUTE_MS },
    });
    onTestFinished(() => dispatcher.stop(0));
    return dispatcher;
  };
  onTestFinished(() => ledger.close());
  const idOf = (text: string) => vault.fingerprint('fake', new Secret(text));
  return {
    ...{ ledger, clock, files, read, start },
    /** As a version without one spelling entered it. It waits for a person's decision. */
    async enteredBefore(text: string) {
      const id = idOf(text);
      const material = { token: new Secret(text), parts: {}, kind: 'token', where: '' };
      const entered = {
        id,
        provider: 'fake',
        kind: 'token',
        type: FAKE_TYPE,
        location: at('c'),
        readable: true,
      };
      const waits = {
        sealed: vault.sealMaterial(id, material),
        initial: { state: 'held' },
        restarts: [],
      } as const;
      const now = clock.now();
      await ledger.accept([{ ...entered, ...waits }], { now, backlog: 1_000 });
      const decisionOf = (event: string) => ({ now, event: { at: now, event, by: 'ann' } });
      return {
        dismiss: () => ledger.dismiss(id, decisionOf('dismissed')),
        approve: () => ledger.requeue(id, { ...decisionOf('approved'), approve: true }),
      };
    },
    calls: fake.calls,
    beforeEnd(work: () => Promise<void>) {
      beforeEnd = work;
    },
    async report(location: string, sent?: { readonly finding?: string; readonly context?: string }) {
      const element = { ok: true, type: FAKE_TYPE, token: POINTER, location, ...sent } as const;
      const role = sent?.context === undefined ? 'gitlab' : 'submit';
      const { reports } = await takeIn([element], {
        ...{ registry, vault, overrideOf: () => null, now: clock.now() },
        isKnown: async (known) => (await ledger.get(known)) !== undefined,
        caller: 'gitlab',
        shareOf: (where) => shareOf('gitlab', where),
        ...({ role, ignores: () => undefined, recheckEndedBefore: clock.now() - MINUTE_MS } as const),
      });
      await ledger.accept(reports, { now: clock.now(), backlog: 1_000 });
      return reports.slice()[0]?.id ?? '';
    },
    key: (text: string) => ledger.get(idOf(text)),
    reaches: (id: string, expected: object) =>
      eventually(async () => expect(await ledger.get(id)).toMatchObject(expected)),
  };
}

const FOLLOWED = { state: 'done', outcome: { kind: 'followed' } };
const REVOKED = { state: 'done', outcome: { kind: 'revoked', verified: true } };

describe.each(LEDGERS)('a pointer, on $name', ({ missing, open }) => {
  const test = it.skipIf(missing);

  test('leads to another key at another commit of the file, and its first place is not read again', async () => {
    const { files, read, report, reaches, key, calls, start, ledger } = await world(open);
    files.set(at('a'), 'fake-key1');
    files.set(at('b'), 'fake-key1 fake-key2');
    start(ledger);
    const id = await report(at('a'));
    await reaches(id, { ...FOLLOWED, outcome: { kind: 'followed', evidence: { found: 1, places: 1 } } });

    expect(await report(at('b'))).toBe(id);

    await reaches(id, { ...FOLLOWED, outcome: { kind: 'followed', evidence: { found: 2, places: 2 } } });
    await eventually(async () => expect(await key('fake-key2')).toMatchObject(REVOKED));
    expect(await key('fake-key1')).toMatchObject({ ...REVOKED, reports: 2, locations: [at('a'), at('b')] });
    expect(await key('fake-key2')).toMatchObject({
      ...{ locations: [at('b')], types: [FAKE_TYPE], caller: 'gitlab' },
    });
    expect(read).toEqual([[at('a')], [at('b')]]);
    expect(calls.filter((call) => call === 'revoke fake-key1')).toHaveLength(1);
  });

  test('leads to one entry of a key that stands there in two spellings', async () => {
    const withoutZeros = (text: string) => text.replace(/key0+/, 'key');
    const { files, report, reaches, key, calls, start, ledger } = await world(open, {
      canonical: withoutZeros,
    });
    files.set(at('a'), 'fake-key7');
    files.set(at('b'), 'fake-key007');
    start(ledger);
    await reaches(await report(at('a')), FOLLOWED);
    await report(at('b'));

    const both = { ...REVOKED, locations: [at('a'), at('b')] };
    await eventually(async () => expect(await key('fake-key7')).toMatchObject(both));
    expect(await key('fake-key007')).toBeUndefined();
    expect(calls.filter((call) => call.includes('key'))).toEqual(['revoke fake-key7']);
  });

  test('leads to what a person dismissed before there was one spelling', async () => {
    const { files, report, reaches, key, calls, start, ledger, enteredBefore } = await world(open, {
      canonical: (text) => text.replace(/key0+/, 'key'),
    });
    const { dismiss } = await enteredBefore('fake-key007');
    await dismiss();
    files.set(at('a'), 'fake-key007');
    start(ledger);

    await reaches(await report(at('a')), FOLLOWED);

    expect(await key('fake-key007')).toMatchObject({
      state: 'dismissed',
      reports: 2,
      locations: [at('c'), at('a')],
    });
    expect(await key('fake-key7')).toBeUndefined();
    expect(calls.filter((call) => call.includes('key'))).toEqual([]);
  });

  test('has what was entered before there was one spelling worked on in that one', async () => {
    const { key, calls, start, ledger, enteredBefore } = await world(open, {
      canonical: (text) => text.replace(/key0+/, 'key'),
    });
    const { approve } = await enteredBefore('fake-key007');
    await approve();
    start(ledger);

    await eventually(async () => expect(await key('fake-key007')).toMatchObject({ state: 'done' }));
    expect(calls).toEqual(['revoke fake-key7']);
  });

  test.each([
    ['at another commit', at('b')],
    ['at the very place', at('a')],
  ])('is not followed, nor its vulnerability handed on, by what a reporter sends %s', async (_, place) => {
    const { report, reaches, key, start, ledger } = await world(open);
    const unread = { state: 'attention', outcome: { kind: 'refused', reason: 'needs-context' } };
    start(ledger);
    const id = await report(at('a'), { finding: `${GITLAB} 4711` });
    await reaches(id, unread);

    await report(place, { context: 'fake-key7' });

    await eventually(async () => expect(await key('fake-key7')).toMatchObject({ ...REVOKED, findings: [] }));
    await reaches(id, { ...unread, findings: [`${GITLAB} 4711`] });
  });

  test.each([
    ['at the same place', 'deploy/id_rsa#L1', 'deploy/id_rsa#L1'],
    ['at no place', '', ''],
    ['at another commit', at('a'), at('b')],
  ])('leads to each key that reporters send %s', async (_, first, second) => {
    const { report, reaches, key, start, ledger } = await world(open);
    start(ledger);
    const ids = [
      await report(first, { context: 'fake-key1' }),
      await report(second, { context: 'fake-key2' }),
    ];
    for (const text of ['fake-key1', 'fake-key2']) {
      await eventually(async () => expect(await key(text)).toMatchObject(REVOKED));
    }
    for (const id of ids) await reaches(id, FOLLOWED);
  });

  test('whose lines are sent again with each commit needs no person for the earlier ones', async () => {
    const { report, reaches, key, start, ledger } = await world(open);
    start(ledger);
    const id = await report(at('a'), { context: 'fake-key1' });
    await reaches(id, FOLLOWED);

    expect(await report(at('b'), { context: 'fake-key1' })).toBe(id);

    await eventually(async () => expect(await key('fake-key1')).toMatchObject({ reports: 2 }));
    await reaches(id, { ...FOLLOWED, reports: 2 });
  });

  test('needs a person as long as one of its places cannot be read', async () => {
    const { files, report, reaches, key, start, ledger } = await world(open);
    files.set(at('a'), 'fake-key1');
    await report(at('b'));
    const id = await report(at('a'));
    start(ledger);
    await reaches(id, {
      state: 'attention',
      outcome: { kind: 'refused', reason: 'needs-context', evidence: { found: 1 } },
    });
    await eventually(async () => expect(await key('fake-key1')).toMatchObject(REVOKED));
  });

  test('does not end on what was read before another place came', async () => {
    const { files, report, reaches, key, start, ledger, clock, beforeEnd } = await world(open);
    files.set(at('a'), 'fake-key1');
    files.set(at('b'), 'fake-key2');
    beforeEnd(async () => {
      beforeEnd(async () => {});
      await report(at('b'));
    });
    const id = await report(at('a'));
    start(ledger);
    await reaches(id, {
      state: 'queued',
      history: expect.arrayContaining([expect.objectContaining({ event: 'reported-meanwhile' })]),
    });

    const followed = { ...FOLLOWED, outcome: { kind: 'followed', evidence: { found: 2, places: 2 } } };
    // Again, as the lane may not have come to its rest yet, from which alone time wakes it.
    await eventually(async () => {
      await clock.advance(LEASE_MS);
      expect(await ledger.get(id)).toMatchObject(followed);
    });
    await eventually(async () => expect(await key('fake-key2')).toMatchObject(REVOKED));
  });

  test('is read once more where the same was noted again while it was read', async () => {
    const { report, reaches, calls, start, ledger, clock, beforeEnd } = await world(open, {
      isInternal: true,
    });
    beforeEnd(async () => {
      beforeEnd(async () => {});
      await report(at('a'));
    });
    const id = await report(at('a'));
    start(ledger);
    await reaches(id, { state: 'queued', reports: 2 });
    await eventually(() => expect(calls).toHaveLength(1));

    await eventually(async () => {
      await clock.advance(LEASE_MS);
      expect(await ledger.get(id)).toMatchObject(FOLLOWED);
    });
    expect(calls).toHaveLength(2);
  });

  test('is followed again by another worker where the first died before it had ended it', async () => {
    const { files, report, reaches, key, calls, start, ledger, clock } = await world(open);
    files.set(at('a'), 'fake-key1 fake-key2');
    const id = await report(at('a'));
    // The secrets are entered; that the pointer has ended never gets there.
    const dying: Ledger = new Proxy(ledger, {
      get(target, name) {
        if (name === 'settle')
          return async () => Promise.reject(new LedgerError('unavailable', 'It is dead.'));
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const first = start(dying);
    await eventually(async () => expect(await key('fake-key2')).toBeDefined());
    expect(await ledger.get(id)).toMatchObject({ state: 'queued' });
    const before = calls.length;
    await first.stop(0);

    start(ledger);
    await eventually(async () => {
      await clock.advance(LEASE_MS);
      expect(await ledger.get(id)).toMatchObject(FOLLOWED);
    });

    for (const text of ['fake-key1', 'fake-key2']) {
      await eventually(async () => {
        await clock.advance(LEASE_MS);
        expect(await key(text)).toMatchObject({ ...REVOKED, locations: [at('a')] });
      });
    }
    expect(calls.length).toBeGreaterThan(before);
    const entries = await ledger.list({ limit: 100 });
    expect(entries.entries).toHaveLength(3);
    await reaches(id, FOLLOWED);
  });

  test('has what it led to asked about again when that leaks again later', async () => {
    const { files, report, reaches, key, calls, start, ledger, clock } = await world(open);
    files.set(at('a'), 'fake-key1');
    files.set(at('b'), 'fake-key1');
    start(ledger);
    await report(at('a'));
    await eventually(async () => expect(await key('fake-key1')).toMatchObject(REVOKED));
    await clock.advance(2 * MINUTE_MS);

    await reaches(await report(at('b')), { ...FOLLOWED, reports: 2 });

    await eventually(() => expect(calls).toContain('verify fake-key1'));
  });
});
