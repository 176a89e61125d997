/** Who decides what is done about a token: the core, by what was proven, and persons for all else. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import type { EntryDetails } from '../../src/ledger/entry.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createIgnores, type Ignores } from '../../src/provider/ignores.ts';
import type { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { type DispatchWorld, dispatchWorld } from '../support/dispatch-world.ts';
import { eventually } from '../support/eventually.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import {
  FAKE_TYPE,
  type FakeProvider,
  type FakeRegistryOptions,
  fakeRegistry,
} from '../support/fake-provider.ts';

const SECOND = 1_000;

let world: DispatchWorld;
let ledger: Ledger;
let vault: Vault;
let clock: FakeClock;
let dispatcher: Dispatcher;
let fake: FakeProvider;

beforeEach(() => {
  world = dispatchWorld();
  ({ ledger, vault, clock, dispatcher, fake } = world);
});

afterEach(() => world.end());

function start({ ignores, ...options }: FakeRegistryOptions & { readonly ignores?: Ignores } = {}): void {
  const settings = {
    ...{ readContext: async () => undefined, leaseMs: 120 * SECOND, retentionDays: 90 },
    ...(ignores && { ignores }),
  };
  dispatcher.start(fakeRegistry([fake], options), settings);
}

async function report(token: string, kind = 'token', recheckEndedBefore?: number): Promise<string> {
  const secret = new Secret(token);
  const id = vault.fingerprint('fake', secret);
  const sealed = vault.sealMaterial(id, { token: secret, parts: {} });
  const rest = {
    provider: 'fake',
    kind,
    type: FAKE_TYPE,
    location: 'https://git.test/a',
    readable: true,
    restarts: [],
  };
  const recheck = recheckEndedBefore === undefined ? {} : { recheckEndedBefore };
  const one = { id, sealed, initial: { state: 'queued' }, ...rest, ...recheck } as const;
  await ledger.accept([one], { now: clock.now(), backlog: 1_000 });
  return id;
}

async function reaches(id: string, expected: object): Promise<EntryDetails> {
  return eventually(async () => {
    const entry = await ledger.get(id);
    expect(entry).toMatchObject(expected);
    if (!entry) throw new Error('There is no such entry.');
    return entry;
  });
}

async function approve(id: string): Promise<void> {
  const event = { at: clock.now(), event: 'approved', by: 'ada' };
  await ledger.requeue(id, { now: clock.now(), approve: true, event });
}

describe('a token whose leak nothing proves', () => {
  beforeEach(() => {
    fake.kind = { possession: 'unproven', undo: 'yes', whole: 'exact', places: { all: ['here'] } };
    fake.look = async () => ({ outcome: 'alive', evidence: { name: 'ci' } });
  });

  it('is looked at and held in mode revoke, with what the look told', async () => {
    const id = await report('fake-1');
    start();
    await reaches(id, {
      state: 'held',
      outcome: { kind: 'held', reason: 'unproven', evidence: { name: 'ci', works: 'yes' } },
    });
    expect(fake.calls).toEqual(['look fake-1']);
  });

  it('is looked for until the look comes to an end', async () => {
    let looks = 0;
    fake.look = async (_token, step) => {
      step.remember({ looks: ++looks });
      return looks < 3 ? { outcome: 'continue', afterMs: SECOND } : { outcome: 'alive' };
    };
    const id = await report('fake-1');
    start();
    await reaches(id, { state: 'queued', attempts: 0 });
    await eventually(async () => {
      await clock.advance(SECOND);
      expect(await ledger.get(id)).toMatchObject({ state: 'held', outcome: { evidence: { works: 'yes' } } });
    });
    expect(looks).toBe(3);
  });

  it('is held also where the operator lets the provider revoke at once what hits more', async () => {
    const id = await report('fake-1');
    start({ settings: { fake: { mode: 'revoke' } } });
    await reaches(id, { state: 'held', outcome: { reason: 'unproven' } });
  });

  it('is asked nobody about in mode hold', async () => {
    const id = await report('fake-1');
    start({ mode: 'hold' });
    await reaches(id, { state: 'held', outcome: { reason: 'mode' } });
    expect(fake.calls).toEqual([]);
  });

  it('is acted on once a person approved it, and then only once', async () => {
    const allowed: boolean[] = [];
    fake.revoke = async (_token, step) => {
      allowed.push(step.mayActUnproven);
      return { outcome: 'revoked', proven: true };
    };
    fake.verify = async () => 'alive';
    const id = await report('fake-1');
    start();
    await reaches(id, { state: 'held' });
    await approve(id);
    await reaches(id, { state: 'done', outcome: { kind: 'revoked' } });

    await report('fake-1', 'token', clock.now() + 1);

    await reaches(id, { state: 'held', approved: false, outcome: { reason: 'unproven' } });
    expect(allowed).toEqual([true]);
  });

  it('is acted on by itself only where the operator says so and it can be undone', async () => {
    const allowed: boolean[] = [];
    fake.revoke = async (_token, step) => {
      allowed.push(step.mayActUnproven);
      return { outcome: 'revoked', proven: true };
    };
    const id = await report('fake-1');
    start({ settings: { fake: { unproven: 'revoke' } } });
    await reaches(id, { state: 'done', outcome: { kind: 'revoked' } });
    expect(allowed).toEqual([true]);

    await dispatcher.stop(0);
    fake.kind = { ...fake.kind, undo: 'no' };
    const other = await report('fake-2');
    start({ settings: { fake: { unproven: 'revoke' } } });
    await reaches(other, { state: 'held', outcome: { reason: 'unproven' } });
  });

  it('needs nobody when the look shows that it is dead', async () => {
    fake.look = async () => ({ outcome: 'already-inactive', death: 'said' });
    const id = await report('fake-1');
    start();
    await reaches(id, { state: 'done', outcome: { kind: 'already-inactive', verified: true } });
  });
});

describe('a token that hits more than itself', () => {
  it('is held with what a look told, and approved for the act that was shown', async () => {
    fake.look = async () => ({ outcome: 'undecided' });
    const allowed: boolean[] = [];
    fake.revoke = async (_token, step) => {
      allowed.push(step.mayActUnproven);
      return { outcome: 'revoked', proven: true };
    };
    const id = await report('wide-1', 'wide');
    start();
    await reaches(id, { state: 'held', outcome: { reason: 'wider', evidence: { works: 'not known' } } });
    await approve(id);
    await reaches(id, { state: 'done' });
    expect(allowed).toEqual([false]);
  });
});

describe('a token that no place knows', () => {
  const PLACES = { possession: 'by-value', undo: 'no', places: { all: ['eu', 'us'] } } as const;

  it.each([
    ['every place was asked and the text is whole', ['eu', 'us'], 'exact', true],
    ['one place was not asked', ['eu'], 'exact', false],
    ['the text may be cut', ['eu', 'us'], 'open', false],
  ] as const)('when %s', async (_when, asked, whole, isDead) => {
    fake.kind = { ...PLACES, whole };
    fake.revoke = async () => ({ outcome: 'unknown', asked });
    const id = await report('fake-1');
    start();
    const dead = { state: 'done', outcome: { kind: 'already-inactive', verified: true } };
    const unknown = { state: 'attention', outcome: { kind: 'refused', reason: 'unknown-token' } };
    await reaches(id, isDead ? dead : unknown);
  });

  it('is taken for dead without proof where the operator wants that, if it is whole', async () => {
    fake.kind = { ...PLACES, whole: 'exact' };
    fake.revoke = async () => ({ outcome: 'unknown', asked: ['eu'] });
    const id = await report('fake-1');
    start({ settings: { fake: { unknownTokens: 'inactive' } } });
    await reaches(id, { state: 'done', outcome: { kind: 'already-inactive', verified: false } });

    await dispatcher.stop(0);
    fake.kind = { ...PLACES, whole: 'open' };
    const cut = await report('fake-2');
    start({ settings: { fake: { unknownTokens: 'inactive' } } });
    await reaches(cut, { state: 'attention', outcome: { reason: 'unknown-token' } });
  });

  it('is dead where it was seen to work before, in another step', async () => {
    fake.kind = { ...PLACES, whole: 'open' };
    fake.revoke = async (_token, step) => {
      if (step.seenAlive.includes('eu')) return { outcome: 'unknown', asked: ['eu'] };
      step.sawAlive('eu');
      return { outcome: 'continue', afterMs: 0 };
    };
    const id = await report('fake-1');
    start();
    await reaches(id, { state: 'done', outcome: { kind: 'already-inactive', verified: true } });
  });
});

describe('a revocation that upstream only accepted', () => {
  const ANYWHERE = {
    possession: 'by-value',
    undo: 'no',
    whole: 'exact',
    places: { open: 'any server' },
  } as const;

  it('is no proven death when the token was never seen to work', async () => {
    fake.kind = ANYWHERE;
    fake.revoke = async () => ({ outcome: 'accepted' });
    fake.verify = async () => 'dead';
    const id = await report('fake-1');
    start();
    await reaches(id, { state: 'done', outcome: { kind: 'accepted', verified: false } });
  });

  it('is a proven death, though not by us, of a whole token that can come from nowhere else', async () => {
    fake.kind = { ...ANYWHERE, places: { all: ['here'] } };
    fake.revoke = async () => ({ outcome: 'accepted' });
    fake.verify = async () => 'dead';
    const id = await report('fake-1');
    start();
    await reaches(id, {
      state: 'done',
      outcome: { kind: 'already-inactive', verified: true, evidence: { revocation: 'accepted' } },
    });
  });

  it('is a proven one when it was, and keeps its evidence until the proof comes', async () => {
    fake.kind = ANYWHERE;
    fake.revoke = async (_token, step) => {
      step.sawAlive('here');
      return { outcome: 'accepted', evidence: { record: 7 } };
    };
    const answers = ['alive', 'dead'] as const;
    let asked = 0;
    fake.verify = async () => answers[asked++] ?? 'dead';
    const id = await report('fake-1');
    start();
    await reaches(id, { history: expect.arrayContaining([expect.objectContaining({ event: 'unproven' })]) });
    await clock.advance(15 * SECOND);
    await reaches(id, {
      state: 'done',
      outcome: { kind: 'revoked', verified: true, evidence: { record: 7 } },
    });
  });
});

describe('a text that only points to secrets', () => {
  it('leads to none that the configuration ignores', async () => {
    fake.revoke = async () => ({
      outcome: 'found',
      secrets: [{ kind: 'token', token: new Secret('fake-decoy') }],
    });
    const id = await report('fake-pointer');
    const fingerprint = vault.fingerprint('fake', new Secret('fake-decoy'));
    start({ ignores: createIgnores([{ fingerprint, reason: 'A decoy.' }]) });
    await reaches(id, { state: 'done', outcome: { kind: 'followed', verified: false } });
    expect(await ledger.get(fingerprint)).toMatchObject({ state: 'dismissed', outcome: { kind: 'ignored' } });
    expect(fake.calls).toEqual(['revoke fake-pointer']);
  });

  it('becomes an entry for each of them, which are worked on by themselves', async () => {
    fake.revoke = async (token) =>
      token === 'fake-pointer'
        ? {
            outcome: 'found',
            secrets: ['fake-1', 'fake-2'].map((text) => ({ kind: 'token', token: new Secret(text) })),
          }
        : { outcome: 'revoked', proven: true };
    const id = await report('fake-pointer');
    start();
    await reaches(id, { state: 'done', outcome: { kind: 'followed', verified: false } });
    for (const text of ['fake-1', 'fake-2']) {
      await reaches(vault.fingerprint('fake', new Secret(text)), {
        ...{ state: 'done', types: [FAKE_TYPE], locations: ['https://git.test/a'] },
        outcome: { kind: 'revoked', verified: true },
      });
    }
  });
});
