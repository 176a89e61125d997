import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { Failure } from '../../src/provider/failure.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  FAKE_TYPE,
  type FakeProvider,
  type FakeRegistryOptions,
  fakeProvider,
  fakeRegistry,
} from '../support/fake-provider.ts';
import { newFolder } from '../support/run-folder.ts';
import { sqliteFile } from '../support/sqlite-file.ts';
import { TEST_VAULT, testKeys } from '../support/test-keys.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LEASE_MS = 2 * MINUTE;
const REVOKED: RevokeResult = { outcome: 'revoked', proven: true };

const vault = TEST_VAULT;

let folder: string;
let ledger: Ledger;
let clock: FakeClock;
let events: QuashEvent[];
let dispatcher: Dispatcher;
let fake: FakeProvider;

beforeEach(() => {
  folder = newFolder('dispatch-');
  ledger = openSqliteLedger({ path: sqliteFile(folder), vault });
  clock = new FakeClock();
  events = [];
  dispatcher = newDispatcher();
  fake = fakeProvider();
});

afterEach(async () => {
  await dispatcher.stop(0);
  await ledger.close();
  rmSync(folder, { recursive: true });
});

function newDispatcher(at: FakeClock = clock): Dispatcher {
  return new Dispatcher({
    ledger,
    vault,
    clock: at,
    observe: (event) => events.push(event),
    pace: createPace(),
    random: () => 0.5,
  });
}

function start(
  options: FakeRegistryOptions = {},
  others: readonly FakeProvider[] = [],
  stepLimitMs?: number,
): void {
  dispatcher.start(fakeRegistry([fake, ...others], options), {
    readContext: async () => undefined,
    leaseMs: LEASE_MS,
    ...(stepLimitMs !== undefined && { stepLimitMs }),
    retentionDays: 90,
  });
}

/** Reports a token and returns its entry's id. */
async function report(
  token: string,
  provider = 'fake',
  kind = 'token',
  more: Partial<Pick<ReportedToken, 'recheckEndedBefore' | 'finding' | 'location' | 'share'>> = {},
): Promise<string> {
  const secret = new Secret(token);
  const id = vault.fingerprint(provider, secret);
  const sealed = vault.sealMaterial(id, { token: secret, parts: {} });
  const initial = { state: 'queued' } as const;
  const one = {
    id,
    provider,
    kind,
    type: FAKE_TYPE,
    location: '',
    readable: true,
    sealed,
    initial,
    restarts: [],
    ...more,
  };
  await ledger.accept([one], { now: clock.now(), backlog: 1_000 });
  return id;
}

/** Hours in which nothing is to happen, without most of the looks of a lane that has nothing to do. */
async function pass(ms: number): Promise<void> {
  await clock.advance(MINUTE);
  clock.jump(ms - 2 * MINUTE);
  await clock.advance(MINUTE);
}

async function entry(id: string): Promise<EntryDetails> {
  const found = await ledger.get(id);
  if (!found) throw new Error('no such entry');
  return found;
}

/** Holds up every call of the ledger's operation until it is told to go on. */
function holdUp(operation: 'settle' | 'putOff' | 'pauseLane') {
  const told = Promise.withResolvers<void>();
  const original = ledger[operation].bind(ledger) as (...args: unknown[]) => Promise<unknown>;
  const held = async (...args: unknown[]) => {
    await told.promise;
    return original(...args);
  };
  Object.assign(ledger, { [operation]: held });
  return { goOn: told.resolve };
}

function eventsOf<Type extends QuashEvent['type']>(type: Type) {
  return events.filter((event): event is Extract<QuashEvent, { type: Type }> => event.type === type);
}

describe('a reported token', () => {
  it('is revoked at once, without waiting for any timer', async () => {
    start();
    const id = await report('fake-a');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
    expect(fake.calls).toEqual(['revoke fake-a']);
  });

  it('that waited while nothing ran is revoked at start', async () => {
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });

  it.each([
    [true, ['https://b.example.com', 'https://a.example.com']],
    [false, []],
  ])('comes with the origins of its places where the provider wants them: %s', async (wantsOrigins, told) => {
    const { definition } = fake;
    const create: typeof definition.create = (...given) => ({ ...definition.create(...given), wantsOrigins });
    Object.assign(fake, { definition: { ...definition, create } });
    const seen: unknown[] = [];
    fake.revoke = async (_token, { origins }) => {
      seen.push(origins);
      return { outcome: 'revoked', proven: true };
    };
    for (const name of ['a', 'b']) {
      const location = `https://${name}.example.com/acme/app/-/raw/0123abc/key`;
      await report('fake-a', 'fake', 'token', { location });
    }
    start();
    await clock.advance(0);
    expect(seen).toEqual([told]);
  });

  it('is verified after a revocation that proves nothing', async () => {
    fake.revoke = async () => ({ outcome: 'revoked', proven: false });
    fake.verify = async () => 'dead';
    start();
    const id = await report('fake-a');
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-a', 'verify fake-a']);
    expect(await entry(id)).toMatchObject({ outcome: { kind: 'revoked', verified: true } });
  });

  it('is asked for after 10 s, 1 min, 10 min and 1 h until it is dead, and never revoked twice', async () => {
    let answer: 'alive' | 'dead' = 'alive';
    fake.revoke = async (_token, step) => {
      step.sawAlive('here');
      return { outcome: 'accepted' };
    };
    fake.verify = async () => answer;
    start();
    const id = await report('fake-a');
    await clock.advance(0);
    for (const pause of [10 * SECOND, MINUTE, 10 * MINUTE]) await clock.advance(pause);
    expect(fake.calls).toEqual(['revoke fake-a', ...Array(4).fill('verify fake-a')]);
    expect(await entry(id)).toMatchObject({ state: 'queued', phase: 'verify' });
    answer = 'dead';
    await clock.advance(HOUR);
    expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
  });

  it('whose own revocation fails nine times goes to attention and is tried again a day later', async () => {
    fake.revoke = async () => {
      throw new Failure('upstream-error');
    };
    start();
    const id = await report('fake-a');
    await clock.advance(0);
    for (const pause of [5 * SECOND, 30 * SECOND, 2 * MINUTE]) await clock.advance(pause);
    for (const pause of [10 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR]) await pass(pause);
    expect(await entry(id)).toMatchObject({ state: 'queued', attempts: 8 });
    await pass(12 * HOUR);
    expect(await entry(id)).toMatchObject({
      state: 'attention',
      attempts: 9,
      outcome: { kind: 'exhausted' },
    });
    fake.revoke = async () => ({ outcome: 'revoked', proven: true });
    await pass(24 * HOUR);
    expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked' } });
    expect(fake.calls).toHaveLength(10);
  });

  it('keeps what the provider remembered over a restart, sealed in the ledger', async () => {
    const notes: unknown[] = [];
    fake.revoke = async (_token, step) => {
      notes.push(step.note);
      if (step.note) return { outcome: 'revoked', proven: true };
      step.remember({ round: 1 });
      return { outcome: 'continue', afterMs: MINUTE };
    };
    start();
    const id = await report('fake-a');
    await clock.advance(0);
    await dispatcher.stop(0);
    dispatcher = newDispatcher();
    start();
    await clock.advance(MINUTE);
    expect(notes).toEqual([undefined, { round: 1 }]);
    expect(await entry(id)).toMatchObject({ state: 'done', attempts: 0 });
  });

  it.each([
    ['a person has to decide', async () => ({ outcome: 'refused', reason: 'ambiguous', advice: 'Choose.' })],
    [
      'it was stopped',
      (signal: AbortSignal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    ],
  ] as [string, (signal: AbortSignal) => Promise<RevokeResult>][])(
    'starts again from what the provider remembered when %s',
    async (_, end) => {
      const notes: unknown[] = [];
      fake.revoke = async (_token, step) => {
        notes.push(step.note);
        step.remember({ revokedInVain: [7] });
        return end(step.signal);
      };
      start();
      const id = await report('fake-a');
      await clock.advance(0);
      await dispatcher.stop(0);
      const event = { at: clock.now(), event: 'retried', by: 'ada' };
      await ledger.requeue(id, { now: clock.now(), approve: false, event });
      start();
      await clock.advance(0);
      expect(notes).toEqual([undefined, { revokedInVain: [7] }]);
    },
  );

  it('that continues later holds no place in its lane', async () => {
    fake.revoke = async (token, step) => {
      if (token === 'fake-quick' || step.note) return { outcome: 'revoked', proven: true };
      step.remember('seen');
      return { outcome: 'continue', afterMs: HOUR };
    };
    start({ settings: { fake: { concurrency: 1 } } });
    await report('fake-slow');
    const quick = await report('fake-quick');
    await clock.advance(0);
    expect(await entry(quick)).toMatchObject({ state: 'done' });
  });

  it('that goes on at once waits behind none of those that are tried again', async () => {
    fake.revoke = async (token, step) => {
      if (token.startsWith('fake-forged')) throw new Failure('unexpected-answer');
      if (step.note) return REVOKED;
      step.remember('seen');
      return { outcome: 'continue', afterMs: 0 };
    };
    start({ settings: { fake: { concurrency: 1 } } });
    for (let n = 0; n < 40; n++) await report(`fake-forged${n}`);
    await clock.advance(0);
    await dispatcher.stop(0);
    await clock.advance(MINUTE);
    fake.calls.length = 0;

    const real = await report('fake-real');
    dispatcher = newDispatcher();
    start({ settings: { fake: { concurrency: 1 } } });
    await clock.advance(0);

    expect(await entry(real)).toMatchObject({ state: 'done' });
    const steps = fake.calls.flatMap((call, at) => (call === 'revoke fake-real' ? [at] : []));
    expect(steps).toHaveLength(2);
    expect(Number(steps[1])).toBeLessThan(10);
  });

  it('of a kind that the provider does not have any more goes to attention, not to upstream', async () => {
    start();
    const id = await report('fake-a', 'fake', 'bygone');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({
      state: 'attention',
      outcome: { kind: 'refused', reason: 'unsupported-kind' },
    });
    expect(fake.calls).toEqual([]);
  });

  describe('whose row was altered in the ledger is not acted on, and the operator is told:', () => {
    const alter = async (change: {
      provider?: string;
      kind?: string;
      sealedFor?: string;
      where?: string;
    }) => {
      const { provider = 'fake', kind = 'token', sealedFor = 'token', where } = change;
      const token = new Secret('fake-a');
      const id = vault.fingerprint(provider, token, where);
      const sealed = vault.sealMaterial(id, { token, parts: {}, kind: sealedFor, where: '' });
      const one = {
        id,
        provider: 'fake',
        kind,
        type: FAKE_TYPE,
        location: '',
        readable: true,
        sealed,
        restarts: [],
      };
      await ledger.accept([{ ...one, initial: { state: 'queued' } }], { now: clock.now(), backlog: 10 });
      start();
      await clock.advance(0);
      return id;
    };

    it.each([
      ['its secret is of another provider', { provider: 'acme' }],
      ['its secret is of another kind', { sealedFor: 'another' }],
      ['its secret was found elsewhere', { where: 'https://git.test/a/-/id_rsa' }],
    ])('%s', async (_, change) => {
      const id = await alter(change);
      expect(eventsOf('entry-altered')).toEqual([{ type: 'entry-altered', provider: 'fake', id }]);
      expect(await entry(id)).toMatchObject({ state: 'attention', outcome: { reason: 'altered' } });
      expect(fake.calls).toEqual([]);
    });

    it('but not where all agrees', async () => {
      const id = await alter({});
      expect(eventsOf('entry-altered')).toEqual([]);
      expect(await entry(id)).toMatchObject({ state: 'done' });
    });
  });

  it('of 0.1.0, which did not seal its file, is known by its location', async () => {
    const token = new Secret('fake-a');
    const file = 'https://git.test/a/-/id_rsa';
    const id = vault.fingerprint('fake', token, file);
    const sealed = vault.sealMaterial(id, { token, parts: {} });
    const location = 'https://git.test/a/-/raw/0123abc/id_rsa#L1';
    const one = {
      id,
      provider: 'fake',
      kind: 'token',
      type: FAKE_TYPE,
      location,
      readable: true,
      sealed,
      restarts: [],
    };
    await ledger.accept([{ ...one, initial: { state: 'queued' } }], { now: clock.now(), backlog: 10 });
    start();
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });

  it('sealed with a key that is gone waits without cost, and the operator is told', async () => {
    const id = vault.fingerprint('fake', new Secret('fake-a'));
    const sealed = new Vault(testKeys()).sealMaterial(id, { token: new Secret('fake-a'), parts: {} });
    const one = {
      id,
      provider: 'fake',
      kind: 'token',
      type: FAKE_TYPE,
      location: '',
      readable: true,
      sealed,
      restarts: [],
    } as const;
    await ledger.accept([{ ...one, initial: { state: 'queued' } }], { now: clock.now(), backlog: 10 });
    start();
    await clock.advance(0);
    expect(eventsOf('unseal-failed')).toHaveLength(1);
    expect(await entry(id)).toMatchObject({ state: 'queued', attempts: 0, deferrals: 1 });

    // The keys are read again.
    await dispatcher.tryPausedAgain();
    await clock.advance(SECOND);

    expect(eventsOf('unseal-failed')).toHaveLength(2);
  });
});

describe('a provider that fails', () => {
  it('pauses its lane for 1 s, 2 s, 4 s, lets one entry through after each pause, and costs no attempt', async () => {
    let up = false;
    fake.revoke = async () => {
      if (!up) throw new Failure('unreachable');
      return { outcome: 'revoked', proven: true };
    };
    const ids = [await report('fake-a'), await report('fake-b'), await report('fake-c')];
    start({ settings: { fake: { concurrency: 1 } } });
    await clock.advance(0);
    expect(fake.calls).toHaveLength(1);
    await clock.advance(1 * SECOND);
    expect(fake.calls).toHaveLength(2);
    await clock.advance(2 * SECOND);
    expect(fake.calls).toHaveLength(3);
    up = true;
    await clock.advance(4 * SECOND);
    await clock.advance(10 * SECOND);
    for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'done', attempts: 0 });
    expect(eventsOf('lane-paused').map(({ reason }) => reason)).toEqual(Array(3).fill('unreachable'));
    expect(eventsOf('lane-resumed')).toHaveLength(1);
  });

  it('counts failures of entries that were in hand together as one', async () => {
    fake.revoke = async () => {
      throw new Failure('unreachable');
    };
    await report('fake-a');
    await report('fake-b');
    start();
    await clock.advance(0);
    const [lane] = await ledger.lanes(clock.now());
    expect(lane).toMatchObject({ streak: 1 });
    expect(eventsOf('lane-paused')).toHaveLength(1);
  });

  it('honours Retry-After', async () => {
    fake.revoke = async () => {
      throw new Failure('throttled', { retryAfterMs: 90 * SECOND });
    };
    await report('fake-a');
    start();
    await clock.advance(89 * SECOND);
    expect(fake.calls).toHaveLength(1);
    await clock.advance(2 * SECOND);
    expect(fake.calls).toHaveLength(2);
  });

  it.each([
    ['throttled', HOUR],
    ['unavailable', 15 * MINUTE],
  ] as const)('goes on after %s though Retry-After asks for a day', async (code, longestMs) => {
    fake.revoke = async () => {
      throw new Failure(code, { retryAfterMs: 24 * HOUR });
    };
    await report('fake-a');
    start();
    await clock.advance(longestMs - SECOND);
    expect(fake.calls).toHaveLength(1);
    await clock.advance(2 * SECOND);
    expect(fake.calls).toHaveLength(2);
  });

  it('delays no other provider', async () => {
    const other = fakeProvider('other');
    fake.revoke = async () => {
      throw new Failure('credential-refused');
    };
    start({}, [other]);
    await report('fake-a');
    const id = await report('fake-b', 'other');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });

  it('at one entry alone (one of several servers) does not hold up the others', async () => {
    fake.revoke = async (token) => {
      if (token === 'fake-a') throw new Failure('unreachable', { scope: 'entry' });
      return { outcome: 'revoked', proven: true };
    };
    const stuck = await report('fake-a');
    const free = await report('fake-b');
    start();
    await clock.advance(0);
    expect(await entry(free)).toMatchObject({ state: 'done' });
    expect(await entry(stuck)).toMatchObject({ state: 'queued', attempts: 0 });
  });
});

describe('what waited for a place when a person', () => {
  /** A lane with one place: one token is worked on, another one waits. @returns the id of that, and how to go on */
  async function waiting() {
    const first = Promise.withResolvers<RevokeResult>();
    fake.revoke = (token) => (token === 'fake-1' ? first.promise : Promise.resolve(REVOKED));
    await report('fake-1');
    const id = await report('fake-2');
    start({ settings: { fake: { concurrency: 1 } } });
    await eventually(() => expect(fake.calls).toEqual(['revoke fake-1']));
    await clock.advance(2 * SECOND);
    return { id, goOn: () => first.resolve(REVOKED) };
  }

  it('set the mode hold is held', async () => {
    const { id, goOn } = await waiting();
    await ledger.setMode('fake', 'hold');

    goOn();

    await eventually(async () => expect(await entry(id)).toMatchObject({ state: 'held' }));
    expect(fake.calls).toEqual(['revoke fake-1']);
  });

  it('dismissed it is not begun with', async () => {
    const { id, goOn } = await waiting();
    await ledger.dismiss(id, { now: clock.now(), event: { at: clock.now(), event: 'dismissed' } });

    goOn();

    await eventually(() => expect(eventsOf('lease-lost')).toMatchObject([{ id }]));
    expect(fake.calls).toEqual(['revoke fake-1']);
    expect(await entry(id)).toMatchObject({ state: 'dismissed' });
  });

  it('paused the lane is given back', async () => {
    const { id, goOn } = await waiting();
    const released: string[] = [];
    const release = ledger.release.bind(ledger);
    ledger.release = (claim, now) => {
      released.push(claim.id);
      return release(claim, now);
    };
    await ledger.parkLane('fake', 'operator', clock.now());

    goOn();

    await eventually(() => expect(released).toEqual([id]));
    expect(fake.calls).toEqual(['revoke fake-1']);
  });
});

it('ends a pause that was made by a clock a day ahead', async () => {
  const now = clock.now();
  const tomorrow = now + 24 * HOUR;
  await ledger.pauseLane('fake', { epoch: 0, until: tomorrow + MINUTE, reason: 'timeout', now: tomorrow });
  const id = await report('fake-1');

  start();

  await eventually(async () => expect(await entry(id)).toMatchObject({ state: 'done' }));
});

describe('the one entry that is let through after a pause', () => {
  /** Leaves the lane as it is right after a pause: a success has to open it. */
  async function pausedOnce(): Promise<void> {
    const now = clock.now();
    await ledger.pauseLane('fake', { epoch: 0, until: now + SECOND, reason: 'unreachable', now });
    await clock.advance(SECOND);
  }

  it('makes room for the next at once when it says nothing about the provider', async () => {
    fake.revoke = async (token) => {
      if (token === 'fake-good') return { outcome: 'revoked', proven: true };
      throw new Failure('credential-refused', { scope: 'entry' });
    };
    for (let n = 0; n < 5; n++) await report(`fake-${n}`);
    const good = await report('fake-good');
    await pausedOnce();
    start();
    await clock.advance(SECOND);
    expect(await entry(good)).toMatchObject({ state: 'done' });
  });

  it('makes room for the next once its end is written, however long that takes', async () => {
    const writing = holdUp('putOff');
    fake.revoke = async (token) => {
      if (token === 'fake-good') return { outcome: 'revoked', proven: true };
      throw new Failure('credential-refused', { scope: 'entry' });
    };
    await report('fake-bad');
    const good = await report('fake-good');
    await pausedOnce();
    start();
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-bad']);
    writing.goOn();
    await clock.advance(0);
    expect(await entry(good)).toMatchObject({ state: 'done' });
  });

  it('makes room for the next at once when there was nothing to ask upstream', async () => {
    const ids = [await report('fake-a'), await report('fake-b'), await report('fake-c')];
    await pausedOnce();
    start({ mode: 'dry-run' });
    await clock.advance(SECOND);
    for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'done' });
  });
});

describe('modes', () => {
  it('dry-run calls nothing and says what it would do', async () => {
    start({ mode: 'dry-run' });
    const id = await report('fake-a');
    await clock.advance(0);
    expect(fake.calls).toEqual([]);
    expect(await entry(id)).toMatchObject({
      state: 'done',
      outcome: { kind: 'would-revoke', verified: false },
    });
  });

  it('dry-run says of a token that hits more than itself that it would wait', async () => {
    start({ mode: 'dry-run' });
    const id = await report('wide-a', 'fake', 'wide');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({
      outcome: { advice: expect.stringContaining('wait for approval') },
    });
  });

  it('hold stops what was queued before, until a person approves it', async () => {
    start({ mode: 'hold' });
    const id = await report('fake-a');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'held' });
    expect(fake.calls).toEqual([]);
    const event = { at: clock.now(), event: 'approved', by: 'admin' };
    await ledger.requeue(id, { now: clock.now(), approve: true, event });
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });
});

describe('the safety valve', () => {
  it('holds back what is above its hourly limit, says so, and goes on by itself as the hour moves on', async () => {
    for (let n = 0; n < 5; n++) await report(`fake-${n}`);
    start({ maxPerHour: 3 });
    await clock.advance(MINUTE);
    expect(fake.calls).toHaveLength(3);
    expect(eventsOf('valve-closed')).toMatchObject([{ provider: 'fake', revokedLastHour: 3 }]);
    expect(eventsOf('lane-parked')).toEqual([]);
    await clock.advance(HOUR);
    expect(fake.calls).toHaveLength(5);
  });

  it('says that a namespace has had its tenth of the limit, whose rest waits while others go on', async () => {
    const share = { group: 'gitlab', namespace: 'big', project: 'big/app' };
    for (let n = 0; n < 4; n++) await report(`fake-${n}`, 'fake', 'token', { share });
    start({ maxPerHour: 20 });
    await clock.advance(MINUTE);
    await report('fake-other');
    await clock.advance(MINUTE);
    expect(fake.calls).toHaveLength(3);
    expect(eventsOf('share-used-up')).toMatchObject([{ provider: 'fake', opensAt: expect.any(Number) }]);
    expect(eventsOf('valve-closed')).toEqual([]);
    await clock.advance(HOUR);
    expect(fake.calls).toHaveLength(5);
  });

  it('holds with the first claim, too, where a person set the mode revoke in place of another one', async () => {
    fake.batchSize = 10;
    for (let n = 0; n < 5; n++) await report(`fake-${n}`);
    await ledger.setMode('fake', 'revoke');
    start({ maxPerHour: 3, mode: 'hold' });
    await clock.advance(0);
    expect(await ledger.count()).toEqual([
      { provider: 'fake', state: 'done', entries: 3 },
      { provider: 'fake', state: 'queued', entries: 2 },
    ]);
  });

  it('is not filled by tokens that were dead', async () => {
    for (let n = 0; n < 20; n++) await report(`fake-${n}`);
    fake.revoke = async () => ({ outcome: 'already-inactive', death: 'said' });
    start({ maxPerHour: 3 });
    await clock.advance(MINUTE);
    expect(fake.calls).toHaveLength(20);
  });
});

describe('batches', () => {
  it('hand many tokens to the provider in one call', async () => {
    fake.batchSize = 100;
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => report(`fake-${n}`)));
    start();
    await clock.advance(0);
    expect(fake.calls.filter((call) => call.startsWith('batch'))).toHaveLength(1);
    for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'done' });
  });

  it('settle each token by its own result', async () => {
    fake.batchSize = 10;
    fake.revoke = async (token) =>
      token === 'fake-bad'
        ? { outcome: 'refused', reason: 'not-permitted', advice: 'Ask its owner.' }
        : { outcome: 'revoked', proven: true };
    const good = await report('fake-good');
    const bad = await report('fake-bad');
    start();
    await clock.advance(0);
    expect(await entry(good)).toMatchObject({ state: 'done' });
    expect(await entry(bad)).toMatchObject({ state: 'attention', outcome: { reason: 'not-permitted' } });
  });
});

describe('a mistake in a provider', () => {
  it('such as a note that cannot be kept is told as one, and not as a fault of the ledger', async () => {
    fake.revoke = async (_token, step) => {
      step.remember(1n);
      return { outcome: 'continue', afterMs: MINUTE };
    };
    await report('fake-a');
    start();
    await clock.advance(0);
    expect(eventsOf('internal-error')).toHaveLength(1);
    expect(eventsOf('ledger-unavailable')).toHaveLength(0);
  });

  it('in a look at a token that waits for a person is told as well, and keeps it from nobody', async () => {
    fake.look = async () => JSON.parse('no JSON');
    const id = await report('wide-a', 'fake', 'wide');
    start();
    await clock.advance(0);
    expect(eventsOf('internal-error')).toMatchObject([{ error: { name: 'SyntaxError' } }]);
    expect(await entry(id)).toMatchObject({ state: 'held', outcome: { evidence: { works: 'not known' } } });
  });

  it('such as a fraction of a millisecond stops nothing', async () => {
    fake.revoke = async () => ({ outcome: 'continue', afterMs: 1_000.5 });
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    expect((await entry(id)).dueAt).toBe(clock.now() + 1_001);
  });
});

describe('a batch whose time is over', () => {
  it('costs none of its tokens an attempt', async () => {
    fake.batchSize = 10;
    fake.revoke = (_token, step) =>
      new Promise((_resolve, reject) => {
        step.signal.addEventListener('abort', () => reject(step.signal.reason));
      });
    const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => report(`fake-${n}`)));
    start({}, [], 16);
    await clock.advance(0);
    await eventually(() => expect(eventsOf('lane-paused')).toMatchObject([{ reason: 'timeout' }]));
    await clock.advance(0);
    for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'queued', attempts: 0 });
  });
});

describe('a vendor that allows so many calls in a while', () => {
  it('gets no more, and the tokens above it wait without cost', async () => {
    const slow = { ...fake.definition, rate: { steps: 2, perMs: HOUR } };
    fake = { ...fake, definition: slow };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(await report(`fake-${n}`));
    start({ settings: { fake: { concurrency: 1 } } });
    await clock.advance(0);
    const entries = await Promise.all(ids.map(entry));
    expect(entries.filter(({ state }) => state === 'done')).toHaveLength(2);
    const waiting = entries.find(({ state }) => state === 'queued');
    expect(waiting).toMatchObject({ attempts: 0, deferrals: 0 });
    expect(waiting?.dueAt).toBeGreaterThan(clock.now());
  });

  it('gets the rest as soon as it may', async () => {
    fake = { ...fake, definition: { ...fake.definition, rate: { steps: 1, perMs: SECOND } } };
    await report('fake-a');
    await report('fake-b');
    start();
    await clock.advance(0);
    expect(fake.calls).toHaveLength(1);
    // The allowance keeps its own time.
    await delay(SECOND);
    await clock.advance(SECOND);
    expect(fake.calls).toHaveLength(2);
  });

  it('counts a whole batch as one call', async () => {
    const batching = fakeProvider();
    batching.batchSize = 10;
    fake = { ...batching, definition: { ...batching.definition, rate: { steps: 1, perMs: HOUR } } };
    const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => report(`fake-${n}`)));
    start();
    await clock.advance(0);
    for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'done' });
  });
});

describe('a place in a lane', () => {
  const ALONE = { settings: { fake: { concurrency: 1 } } };

  it('is free for the next call while the end of the last one is being written', async () => {
    const writing = holdUp('settle');
    const id = await report('fake-a');
    await report('fake-b');
    start(ALONE);
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-a', 'revoke fake-b']);
    expect(await entry(id)).toMatchObject({ state: 'queued' });
    writing.goOn();
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });

  it('is held until a failing provider has paused the lane, so that nothing else is sent', async () => {
    const pausing = holdUp('pauseLane');
    fake.revoke = async () => {
      throw new Failure('throttled');
    };
    await report('fake-a');
    await report('fake-b');
    start(ALONE);
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-a']);
    pausing.goOn();
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-a']);
    expect(eventsOf('lane-paused')).toHaveLength(1);
  });

  it('is never shared: no more calls are under way at once than the lane has places', async () => {
    let underWay = 0;
    let most = 0;
    fake.revoke = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return { outcome: 'revoked', proven: true };
    };
    for (let n = 0; n < 30; n++) await report(`fake-${n}`);
    start({ settings: { fake: { concurrency: 3 } } });
    await clock.advance(0);
    await clock.advance(0);
    expect(most).toBe(3);
    expect(eventsOf('settled')).toHaveLength(30);
  });
});

describe('stopping', () => {
  it('waits until what has ended is written down', async () => {
    const writing = holdUp('settle');
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    const stopped = dispatcher.stop(10_000).then(() => entry(id));
    await clock.advance(0);
    writing.goOn();
    expect(await stopped).toMatchObject({ state: 'done' });
  });

  it('gives back, uncounted, what a hanging upstream still holds when the grace period is over', async () => {
    fake.revoke = (_token, step) =>
      new Promise((_resolve, reject) => {
        step.signal.addEventListener('abort', () => reject(step.signal.reason));
      });
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    await dispatcher.stop(10);
    expect(await entry(id)).toMatchObject({ state: 'queued', attempts: 0, deferrals: 0, dueAt: clock.now() });
  });

  it('gives back at once what was claimed and not begun', async () => {
    const finish = revokesOnceTold();
    await report('fake-a');
    const waiting = await report('fake-b');
    start({ settings: { fake: { concurrency: 1 } } });
    await clock.advance(0);
    expect((await entry(waiting)).dueAt).toBe(clock.now() + LEASE_MS);
    const stopped = dispatcher.stop(10_000);
    await clock.advance(0);
    expect((await entry(waiting)).dueAt).toBe(clock.now());
    finish();
    await stopped;
  });

  it('does not wait for a provider that ignores that its time is over', async () => {
    fake.revoke = () => new Promise(() => {});
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    await dispatcher.stop(10);
    expect(await entry(id)).toMatchObject({ state: 'queued', attempts: 0, dueAt: clock.now() });
  });

  it('twice waits for the same work', async () => {
    const finish = revokesOnceTold();
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    const first = dispatcher.stop(10_000);
    const second = dispatcher.stop(10_000).then(() => entry(id));
    finish();
    expect(await second).toMatchObject({ state: 'done' });
    await first;
  });

  it('waits for what ends within the grace period', async () => {
    const finish = revokesOnceTold();
    const id = await report('fake-a');
    start();
    await clock.advance(0);
    const stopped = dispatcher.stop(10_000);
    finish();
    await stopped;
    expect(await entry(id)).toMatchObject({ state: 'done' });
  });
});

/** @returns ends the revocation that the provider works on from now on */
function revokesOnceTold(result: RevokeResult = { outcome: 'revoked', proven: true }): () => void {
  const over = Promise.withResolvers<RevokeResult>();
  fake.revoke = () => over.promise;
  return () => over.resolve(result);
}

it('keeps what it works on for as long as that takes', async () => {
  const finish = revokesOnceTold();
  const id = await report('fake-a');
  start();
  await clock.advance(10 * LEASE_MS);
  expect((await entry(id)).dueAt).toBeGreaterThan(clock.now() + LEASE_MS / 2);
  expect(fake.calls).toHaveLength(1);
  finish();
  await clock.advance(0);
  expect(await entry(id)).toMatchObject({ state: 'done' });
  expect(eventsOf('lease-lost')).toEqual([]);
});

it('goes on with what a killed worker had in hand, begun or not, within the lease', async () => {
  const ids = [await report('fake-a'), await report('fake-b')];
  // Of a process that is killed nothing comes any more: its time stands still, so it renews nothing.
  const standing = new FakeClock(clock.now());
  const killed = newDispatcher(standing);
  const hanging = fakeProvider();
  hanging.revoke = () => new Promise(() => {});
  const settings = { readContext: async () => undefined, leaseMs: LEASE_MS, retentionDays: 90 };
  killed.start(fakeRegistry([hanging], { settings: { fake: { concurrency: 1 } } }), settings);
  await standing.advance(0);
  expect(hanging.calls).toHaveLength(1);
  expect((await entry(ids[1] ?? '')).dueAt).toBe(clock.now() + LEASE_MS);

  start();
  await clock.advance(LEASE_MS - SECOND);
  expect(fake.calls).toEqual([]);
  await clock.advance(SECOND);

  for (const id of ids) expect(await entry(id)).toMatchObject({ state: 'done' });
  await killed.stop(0);
});

it('does not overwrite the result of a worker that took the entry over', async () => {
  const finish = revokesOnceTold({ outcome: 'refused', reason: 'ambiguous', advice: 'Choose.' });
  const id = await report('fake-a');
  start();
  await clock.advance(0);
  clock.jump(LEASE_MS + 1);
  const { claims } = await ledger.claim('fake', {
    now: clock.now(),
    limit: 1,
    leaseMs: LEASE_MS,
    maxPerHour: 0,
  });
  const outcome = { kind: 'revoked', verified: true } as const;
  const progress = { phase: 'revoke', attempts: 0, verifications: 0, deferrals: 0 } as const;
  for (const claim of claims) {
    await ledger.settle(claim, { now: clock.now(), state: 'done', outcome, progress, events: [] });
  }
  finish();
  await clock.advance(0);
  expect(await entry(id)).toMatchObject({ state: 'done', outcome });
  expect(eventsOf('lease-lost')).toHaveLength(1);
});

it('clears away what ended longer ago than the retention', async () => {
  start();
  const id = await report('fake-a');
  await clock.advance(0);
  clock.jump(91 * 24 * HOUR);
  await clock.advance(HOUR);
  expect(await ledger.get(id)).toBeUndefined();
  expect(eventsOf('purged')).toMatchObject([{ entries: 1 }]);
});

it('puts under attention what was held for the retention, and clears it away after as long again', async () => {
  start({ mode: 'hold' });
  const [old, reportedAgain] = [await report('fake-a'), await report('fake-b')];
  await clock.advance(0);
  clock.jump(60 * 24 * HOUR);
  await report('fake-b');
  clock.jump(31 * 24 * HOUR);
  await clock.advance(HOUR);

  expect(await entry(reportedAgain)).toMatchObject({ state: 'held' });
  expect(await entry(old)).toMatchObject({
    state: 'attention',
    outcome: { kind: 'held', reason: 'mode', advice: expect.stringMatching(/^Nobody decided .* everything/) },
    history: [{ event: 'reported' }, { event: 'held' }, { event: 'undecided' }],
  });
  expect(eventsOf('undecided')).toMatchObject([{ entries: 1 }]);
  clock.jump(91 * 24 * HOUR);
  await clock.advance(HOUR);
  expect(await ledger.get(old)).toBeUndefined();
  expect(await entry(reportedAgain)).toMatchObject({ state: 'attention' });
});

describe('a text that was no token when it was reported, and that a person has tried again', () => {
  const triedAgain = async (text: string) => {
    const id = await report(text, 'fake', 'unrecognised');
    start();
    await clock.advance(0);
    return (await entry(id)).outcome;
  };

  it.each([
    ['still is none', 'nothing of the kind', 'The reported text is not one token'],
    ['is one by now', 'fake-a', 'The text was no token of this provider when it was reported'],
  ])(
    'stays for the reason for which its next report starts it anew: one that %s',
    async (_, text, advice) => {
      expect(await triedAgain(text)).toMatchObject({
        ...{ kind: 'refused', reason: 'unrecognised' },
        advice: expect.stringContaining(advice),
      });
      expect(fake.calls).toEqual([]);
    },
  );

  it('is said to be masked where it is', async () => {
    expect(await triedAgain('****************')).toMatchObject({ kind: 'refused', reason: 'redacted' });
  });
});

describe('a dead token that is reported again', () => {
  /** Dead for a day, then reported anew. */
  async function reportedAgain(): Promise<string> {
    const id = await report('fake-a');
    await clock.advance(0);
    await pass(24 * HOUR);
    fake.calls.length = 0;
    await report('fake-a', 'fake', 'token', { recheckEndedBefore: clock.now() - HOUR });
    await clock.advance(0);
    return id;
  }

  it('is asked about once and keeps its outcome when it still is dead', async () => {
    fake.verify = async () => 'dead';
    start();
    const id = await reportedAgain();
    expect(fake.calls).toEqual(['verify fake-a']);
    const { state, outcome, endedAt, history } = await entry(id);
    expect({ state, outcome, endedAt }).toEqual({
      state: 'done',
      outcome: { kind: 'revoked', verified: true },
      endedAt: clock.now(),
    });
    expect(history.at(-1)).toMatchObject({ event: 'still-dead' });
    expect(eventsOf('rechecked')).toMatchObject([{ id, result: 'still-dead' }]);
    expect(eventsOf('settled')).toHaveLength(1);
    expect(eventsOf('attempted').map(({ result }) => result)).toEqual(['revoked', 'still-dead']);
  });

  it.each([
    ['that still is dead', undefined],
    ['in a dry run', 'dry-run'],
    ['in mode hold', 'hold'],
  ] as const)('makes its new findings known: one %s', async (_, mode) => {
    await ledger.setChannels(['gitlab']);
    fake.verify = async () => 'dead';
    start();
    await report('fake-a');
    await clock.advance(0);
    await ledger.setMode('fake', mode ?? null);
    await pass(24 * HOUR);
    const finding = 'https://gitlab.example.com 4711';

    await report('fake-a', 'fake', 'token', { recheckEndedBefore: clock.now() - HOUR, finding });
    await clock.advance(0);

    const told = await ledger.takeAnnouncements('gitlab', { now: clock.now(), limit: 9, leaseMs: 1 });
    expect(told?.announcements.map(({ kind }) => kind)).toEqual(['done', 'finding']);
  });

  it('is revoked anew when it works again, and the operator is told', async () => {
    await ledger.setChannels(['operator']);
    let answer: 'alive' | 'dead' = 'alive';
    fake.verify = async () => answer;
    start();
    const id = await reportedAgain();
    expect(fake.calls).toEqual(['verify fake-a', 'revoke fake-a']);
    expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
    expect(eventsOf('rechecked')).toMatchObject([{ id, result: 'alive-again' }]);
    const told = await ledger.takeAnnouncements('operator', { now: clock.now(), limit: 9, leaseMs: 1 });
    expect(told?.announcements.map(({ kind }) => kind)).toEqual(['done', 'alive-again', 'done']);
    answer = 'dead';
  });

  it.each([
    ['says nothing', async () => 'unknown' as const, 'recheck-unproven'],
    ['gives an unknown answer', () => Promise.reject(new Failure('unexpected-answer')), 'recheck-failed'],
  ])('keeps its outcome when upstream %s', async (_, verify, event) => {
    fake.verify = verify;
    start();
    const id = await reportedAgain();
    const { state, outcome, history } = await entry(id);
    expect({ state, outcome }).toEqual({ state: 'done', outcome: { kind: 'revoked', verified: true } });
    expect(history.at(-1)).toMatchObject({ event });
    expect(fake.calls).toEqual(['verify fake-a']);
  });

  it('waits while its provider is away, and is asked about then', async () => {
    let answer: () => Promise<'dead'> = () => Promise.reject(new Failure('unreachable'));
    fake.verify = () => answer();
    start();
    const id = await reportedAgain();
    expect(await entry(id)).toMatchObject({ state: 'queued', phase: 'recheck' });
    answer = async () => 'dead';
    await clock.advance(HOUR);
    expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
  });

  it.each(['dry-run', 'hold'] as const)(
    'is not asked about in mode %s, which calls nothing',
    async (mode) => {
      fake.verify = async () => 'dead';
      start();
      const id = await report('fake-a');
      await clock.advance(0);
      await ledger.setMode('fake', mode);
      fake.calls.length = 0;
      await pass(24 * HOUR);
      await report('fake-a', 'fake', 'token', { recheckEndedBefore: clock.now() });
      await clock.advance(0);
      expect(fake.calls).toEqual([]);
      expect(await entry(id)).toMatchObject({ state: 'done', outcome: { kind: 'revoked' } });
    },
  );
});

describe('a mode that a person sets', () => {
  it('holds what is reported from then on, and lets it go when it is taken back and approved', async () => {
    start();
    await ledger.setMode('fake', 'hold');
    const id = await report('fake-a');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'held' });
    await ledger.setMode('fake', null);
    await report('fake-b');
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-b']);
  });

  it('for all providers is overruled by one for this provider', async () => {
    start();
    await ledger.setMode('*', 'dry-run');
    await ledger.setMode('fake', 'hold');
    const id = await report('fake-a');
    await clock.advance(0);
    expect(await entry(id)).toMatchObject({ state: 'held' });
  });

  it('of revoke takes a configured dry run back, but approves nothing that is wider than the token', async () => {
    start({ mode: 'dry-run' });
    await ledger.setMode('fake', 'revoke');
    await report('fake-a');
    const wide = await report('wide-a', 'fake', 'wide');
    await clock.advance(0);
    expect(fake.calls).toEqual(['revoke fake-a']);
    expect(await entry(wide)).toMatchObject({ state: 'held' });
  });
});
