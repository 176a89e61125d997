/** A part of a provider that is down, or refuses us, holds up no token that does without it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Outages } from '../../src/dispatch/outages.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import { guarded } from '../../src/provider/possession.ts';
import { Secret } from '../../src/words/secret.ts';
import { type DispatchWorld, dispatchWorld } from '../support/dispatch-world.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeRegistry } from '../support/fake-provider.ts';

const SECOND = 1_000;
const US = 'https://us.example.com';
const EU = 'https://eu.example.com';

let world: DispatchWorld;

beforeEach(() => {
  world = dispatchWorld();
});

afterEach(() => world.end());

interface Vendor {
  /** Why a call for a token fails there; undefined where it does not. */
  readonly refusal: (origin: string, token: string) => FailureCode | undefined;
  readonly headers?: Readonly<Record<string, Secret>>;
  readonly batchSize?: number;
}

/** A token with `eu` in it is looked for in Europe alone, and any other one in the States alone. */
function startAt({ refusal, headers = {}, batchSize = 0 }: Vendor): void {
  const { fake, dispatcher } = world;
  fake.batchSize = batchSize;
  fake.revoke = async (token, { signal }) => {
    const origin = token.includes('eu') ? EU : US;
    const upstream = guarded({
      base: `${origin}/v1`,
      async request() {
        const code = refusal(origin, token);
        if (code) throw new Failure(code, { target: origin });
        return {
          ...{ status: 200, text: '', header: () => undefined },
          ...{ json: () => expect.unreachable(), maybeJson: () => undefined },
        };
      },
    });
    await upstream.request({ method: 'GET', path: '/', headers, statuses: [200], signal });
    return { outcome: 'revoked', proven: true };
  };
  const settings = { readContext: async () => undefined, leaseMs: 120 * SECOND, retentionDays: 90 };
  dispatcher.start(fakeRegistry([fake]), settings);
}

function start(isDown: (origin: string, token: string) => boolean, batchSize = 0): void {
  startAt({ refusal: (...asked) => (isDown(...asked) ? 'unreachable' : undefined), batchSize });
}

async function report(...tokens: readonly string[]): Promise<void> {
  const { vault, ledger, clock } = world;
  const elements = tokens.map((token) => {
    const secret = new Secret(token);
    const id = vault.fingerprint('fake', secret);
    return {
      ...{
        id,
        sealed: vault.sealMaterial(id, { token: secret, parts: {} }),
        provider: 'fake',
        kind: 'token',
      },
      ...{ type: FAKE_TYPE, location: 'https://git.test/a', readable: true, restarts: [] },
      initial: { state: 'queued' },
    } as const;
  });
  await ledger.accept(elements, { now: clock.now(), backlog: 1_000 });
}

async function stateOf(token: string): Promise<unknown> {
  const entry = await world.ledger.get(world.vault.fingerprint('fake', new Secret(token)));
  return entry && { state: entry.state, attempts: entry.attempts };
}

const isPaused = async () => {
  const [lane] = await world.ledger.lanes(world.clock.now());
  return lane !== undefined && lane.pausedUntil > world.clock.now();
};

const named = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

/** How many calls these took, all of which fail, until the lane was paused; none of them has cost an attempt. */
async function callsUntilPaused(tokens: readonly string[]): Promise<number> {
  const before = world.fake.calls.length;
  await report(...tokens);
  await world.clock.advance(0);
  expect(await isPaused()).toBe(true);
  for (const token of tokens) expect(await stateOf(token)).toEqual({ state: 'queued', attempts: 0 });
  return world.fake.calls.length - before;
}

describe('a region that is down', () => {
  it.each([['one by one', 0] as const, ['in batches', 2] as const])(
    'holds up no token of another one, once one has ended without it, %s',
    async (_how, batchSize) => {
      await report('fake-eu0');
      start((origin) => origin === EU, batchSize);
      await world.clock.advance(0);
      expect(await isPaused()).toBe(true);
      await report('fake-us0');
      // Whichever goes first after a pause, the other one goes after the next.
      await world.clock.advance(4 * SECOND);
      expect(await stateOf('fake-us0')).toMatchObject({ state: 'done' });

      await report('fake-eu1', 'fake-eu2', 'fake-eu3');
      await world.clock.advance(0);
      await report('fake-us1');
      await world.clock.advance(0);

      expect(await isPaused()).toBe(false);
      expect(await stateOf('fake-us1')).toMatchObject({ state: 'done' });
      expect(await stateOf('fake-eu1')).toEqual({ state: 'queued', attempts: 0 });
    },
  );

  it('holds up none by a single call for many of its tokens', async () => {
    await report('fake-eu0');
    start((origin) => origin === EU, 20);
    await world.clock.advance(0);
    await report('fake-us0');
    await world.clock.advance(4 * SECOND);
    expect(await stateOf('fake-us0')).toMatchObject({ state: 'done' });

    await report(...named('fake-eu', 20));
    await world.clock.advance(0);

    expect(await isPaused()).toBe(false);
  });

  it('is written of each token of a call that ends, also where the ledger fails to tell others', async () => {
    let isDown = true;
    start((origin) => origin === EU && isDown, 20);
    await report('fake-eu0');
    await world.clock.advance(0);
    await report('fake-us0');
    await world.clock.advance(4 * SECOND);
    const tokens = named('fake-eu', 6);
    await report(...tokens);
    await world.clock.advance(0);
    expect(await isPaused()).toBe(false);

    isDown = false;
    world.ledger.endWaits = async () => {
      throw new LedgerError('unavailable', 'It is away for a moment.');
    };
    await world.clock.advance(30 * SECOND);

    for (const token of tokens) expect(await stateOf(token)).toMatchObject({ state: 'done' });
  });

  it('pauses the lane all the same where nothing else ends, and costs no attempt', async () => {
    await report('fake-eu');
    start((origin) => origin === EU);
    await world.clock.advance(0);
    await report('fake-us');
    await world.clock.advance(4 * SECOND);

    expect(await callsUntilPaused(named('fake-eu', 30))).toBeLessThan(15);
  });

  it('pauses the lane at once where nothing is known, and soon where it is the only one there is', async () => {
    let isDown = true;
    start(() => isDown);
    await report('fake-us');
    await world.clock.advance(0);
    expect(await isPaused()).toBe(true);
    isDown = false;
    await world.clock.advance(4 * SECOND);
    expect(await stateOf('fake-us')).toMatchObject({ state: 'done' });
    isDown = true;

    expect(await callsUntilPaused(named('fake-us', 30))).toBeLessThan(10);
  });
});

describe('a token at which alone the vendor fails', () => {
  it('holds up no other one, however often it is tried again', async () => {
    start((_origin, token) => token === 'fake-bad');
    await report('fake-us');
    await world.clock.advance(0);
    await report('fake-bad');
    for (let second = 0; second < 300; second++) {
      await world.clock.advance(1 * SECOND);
      expect(await isPaused()).toBe(false);
      if (second % 10 === 0) await report(`fake-us${second}`);
    }
    expect(world.fake.calls.filter((call) => call === 'revoke fake-bad').length).toBeGreaterThan(8);
    expect(await stateOf('fake-bad')).toEqual({ state: 'queued', attempts: 0 });
    expect(await stateOf('fake-us290')).toMatchObject({ state: 'done' });
  });
});

describe('our credential', () => {
  const scopeOf = (outages: Outages, code: FailureCode, target = `${US}/v1`) =>
    outages.judge(new Failure(code, { target })).scope;

  it.each(['credential-refused', 'permission-missing'] as const)(
    'that is refused (%s) holds up no token that does without it, at the same place too',
    (code) => {
      const outages = new Outages(new FakeClock());
      expect([scopeOf(outages, code), scopeOf(outages, code)]).toEqual(['lane', 'lane']);
      outages.ended(new Set([US]));
      expect(scopeOf(outages, code)).toBe('entry');
      expect(scopeOf(outages, code, EU)).toBe('lane');
    },
  );

  it('is not put right by an answer of that place to others, as that place itself is', () => {
    const sparedBy = (code: FailureCode) => {
      const outages = new Outages(new FakeClock());
      scopeOf(outages, code);
      outages.ended(new Set([US]));
      return Array.from({ length: 20 }, () => scopeOf(outages, code)).filter((scope) => scope === 'entry')
        .length;
    };
    expect([sparedBy('credential-refused'), sparedBy('unreachable')]).toEqual([8, 4]);
  });

  it('is tried no more than a few times a minute while others end, as a vendor may lock its account', () => {
    const clock = new FakeClock();
    const outages = new Outages(clock);
    const sparedOf = (count: number) => {
      const scopes = Array.from({ length: count }, () => {
        outages.ended(new Set([EU]));
        return scopeOf(outages, 'credential-refused');
      });
      return scopes.filter((scope) => scope === 'entry').length;
    };
    scopeOf(outages, 'credential-refused');
    expect(sparedOf(100)).toBe(8);
    clock.jump(60 * SECOND);
    expect(sparedOf(100)).toBe(8);
  });

  it('holds up the lane where the others ended without a call', () => {
    const outages = new Outages(new FakeClock());
    expect(scopeOf(outages, 'credential-refused')).toBe('lane');
    outages.ended(new Set());
    expect(scopeOf(outages, 'credential-refused')).toBe('lane');
  });
});

describe('what needs our credential while that is refused', () => {
  const MINUTE = 60 * SECOND;
  const own = named('fake-own', 3);
  let isRefused: (token: string) => boolean;

  const settings = { readContext: async () => undefined, leaseMs: 120 * SECOND, retentionDays: 90 };
  const states = async (tokens: readonly string[]) =>
    (await Promise.all(tokens.map(stateOf))).map((state) => (state as { state: string }).state);
  const callsFor = (prefix: string) => world.fake.calls.filter((call) => call.includes(prefix)).length;

  /** A token with `us` in it is enough by itself, and any other one is looked for with our credential. */
  beforeEach(async () => {
    const { fake, dispatcher, clock } = world;
    isRefused = () => true;
    fake.revoke = async (token, { signal }) => {
      const upstream = guarded({
        base: `${US}/v1`,
        async request() {
          if (!token.includes('us') && isRefused(token))
            throw new Failure(token.includes('right') ? 'permission-missing' : 'credential-refused', {
              target: US,
            });
          return {
            ...{ status: 200, text: '', header: () => undefined },
            ...{ json: () => expect.unreachable(), maybeJson: () => undefined },
          };
        },
      });
      const headers = { authorization: new Secret(token.includes('us') ? token : 'our own') };
      await upstream.request({ method: 'GET', path: '/', headers, statuses: [200], signal });
      return { outcome: 'revoked', proven: true };
    };
    await world.ledger.setChannels(['news']);
    await report('fake-own0');
    dispatcher.start(fakeRegistry([fake]), settings);
    await clock.advance(0);
    await report('fake-us0');
    await clock.advance(3 * MINUTE);
    await report(...own);
    // Each waits for longer every time.
    for (let minute = 0; minute < 40; minute++) {
      await report(`fake-us-${minute}`);
      await clock.advance(MINUTE);
    }
    expect(await states([...own, 'fake-us0'])).toEqual(['queued', 'queued', 'queued', 'done']);
    expect(await isPaused()).toBe(false);
  });

  it('goes on at once when another token shows that it is taken again', async () => {
    isRefused = () => false;
    await report('fake-own9');
    await world.clock.advance(SECOND);
    expect(await states([...own, 'fake-own9'])).toEqual(['done', 'done', 'done', 'done']);
  });

  it('goes on at once when what people set is read again', async () => {
    const rights = named('fake-own-right', 2);
    await report(...rights);
    for (let minute = 0; minute < 10; minute++) {
      await report(`fake-us-later${minute}`);
      await world.clock.advance(MINUTE);
    }
    isRefused = () => false;
    await world.dispatcher.tryPausedAgain();
    await world.clock.advance(SECOND);
    expect(await states([...own, ...rights])).toEqual(['done', 'done', 'done', 'done', 'done']);
  });

  it('is tried by one of them when what people set is read again and it is refused still', async () => {
    const { dispatcher, clock, fake } = world;
    const waiting = named('fake-own-more', 24);
    for (const [index, each] of waiting.entries()) {
      await report(each);
      await clock.advance(SECOND);
      await report(`fake-us-between${index}`);
      await clock.advance(MINUTE);
    }
    for (let minute = 0; minute < 30; minute++) {
      await report(`fake-us-after${minute}`);
      await clock.advance(MINUTE);
    }
    expect(await isPaused()).toBe(false);
    const before = callsFor('own');

    await dispatcher.stop(0);
    await dispatcher.tryPausedAgain();
    dispatcher.start(fakeRegistry([fake]), settings);
    await clock.advance(0);
    await report('fake-us-new');
    await clock.advance(MINUTE + SECOND);

    expect(callsFor('own') - before).toBeLessThan(4);
    expect(await states(['fake-us-new'])).toEqual(['done']);
  });

  it('is tried ever less often while another account of ours there works', async () => {
    isRefused = (token) => token.includes('own');
    const before = callsFor('own');
    for (let half = 0; half < 80; half++) {
      await report(`fake-other${half}`);
      await world.clock.advance(MINUTE / 2);
    }
    expect(await stateOf('fake-other79')).toMatchObject({ state: 'done' });
    expect(await isPaused()).toBe(false);
    expect(callsFor('own') - before).toBeLessThan(16);
  });

  const resumed = async () => {
    const { ledger, clock } = world;
    const batch = await ledger.takeAnnouncements('news', { now: clock.now(), limit: 1_000, leaseMs: 1 });
    return batch?.announcements.flatMap(({ kind, reason }) => (kind === 'lane-resumed' ? [reason] : []));
  };

  it('is not told to be done when another one ends without it', async () => {
    expect(new Set(await resumed())).toEqual(new Set(['in-part']));
  });

  it('is not told to be taken again where one of another account had waited for something else', async () => {
    const { fake, clock } = world;
    isRefused = (token) => token.includes('own');
    const revoke = fake.revoke;
    let isSlow = true;
    fake.revoke = (token, tools) => {
      if (!token.includes('other') || !isSlow) return revoke(token, tools);
      isSlow = false;
      return Promise.reject(new Failure('unavailable', { target: US, scope: 'entry' }));
    };
    await report('fake-other');
    await clock.advance(MINUTE);

    expect(await states(['fake-other', ...own])).toEqual(['done', 'queued', 'queued', 'queued']);
    expect(new Set(await resumed())).toEqual(new Set(['in-part']));
  });

  it('is told to be taken again, once, when those that waited go on', async () => {
    // Another account of ours works there all the time.
    isRefused = (token) => token.includes('own');
    for (let minute = 0; minute < 10; minute++) {
      await report(`fake-other-account${minute}`);
      await world.clock.advance(MINUTE);
    }
    expect(new Set(await resumed())).toEqual(new Set(['in-part']));

    isRefused = () => false;
    await world.dispatcher.tryPausedAgain();
    await world.clock.advance(SECOND);

    expect(await states(own)).toEqual(['done', 'done', 'done']);
    const told = (await resumed()) ?? [];
    expect([told.filter((reason) => reason === 'recovered'), told.at(-1)]).toEqual([
      ['recovered'],
      'recovered',
    ]);
  });

  it('is told to be taken again also where those that waited were left to a person after a day', async () => {
    for (let half = 0; half < 60; half++) {
      await report(`fake-us-on-day${half}`);
      await world.clock.advance(30 * MINUTE);
    }
    expect(await states(own)).toEqual(['attention', 'attention', 'attention']);
    const before = await resumed();

    isRefused = () => false;
    await world.clock.advance(120 * MINUTE);

    expect(await states(own)).toEqual(['done', 'done', 'done']);
    expect([before?.at(-1), (await resumed())?.slice(before?.length)]).toEqual(['in-part', ['recovered']]);
  });

  it('is told to have a right that was missing once those that waited for it go on', async () => {
    isRefused = (token) => token.includes('right');
    await report('fake-own-first');
    await world.clock.advance(30 * MINUTE);
    await report(...named('fake-own-right', 12));
    await world.clock.advance(0);
    expect(await isPaused()).toBe(true);
    for (let minute = 0; minute < 40; minute++) {
      await report(`fake-us-new${minute}`);
      await world.clock.advance(MINUTE);
    }
    const before = await resumed();

    isRefused = () => false;
    await world.dispatcher.tryPausedAgain();
    await world.clock.advance(SECOND);

    expect(await states(['fake-own-right0', 'fake-own-right11'])).toEqual(['done', 'done']);
    expect([before?.at(-1), (await resumed())?.slice(before?.length)]).toEqual(['in-part', ['recovered']]);
  });
});

describe('our credential, once its lane has paused', () => {
  let isRefused: (origin: string) => boolean;

  const begin = async (batchSize = 0) => {
    await world.ledger.setChannels(['news']);
    await report('fake-us0');
    startAt({
      refusal: (origin) => (isRefused(origin) ? 'credential-refused' : undefined),
      headers: { authorization: new Secret('our own') },
      batchSize,
    });
    await world.clock.advance(0);
  };
  const resumed = async () => {
    const { ledger, clock } = world;
    const batch = await ledger.takeAnnouncements('news', { now: clock.now(), limit: 100, leaseMs: 1 });
    return batch?.announcements.flatMap(({ kind, reason }) => (kind === 'lane-resumed' ? [reason] : []));
  };

  it('is not told to be taken again where another one of ours was, at another origin', async () => {
    isRefused = (origin) => origin === US;
    await begin();
    await report('fake-eu0');
    await world.clock.advance(240 * SECOND);
    expect(await stateOf('fake-eu0')).toMatchObject({ state: 'done' });

    expect(new Set(await resumed())).toEqual(new Set(['in-part']));
  });

  it.each([0, 2])('is told to be taken again once it was, in calls for %i', async (batchSize) => {
    isRefused = () => true;
    await begin(batchSize);
    isRefused = () => false;
    await world.clock.advance(61 * SECOND);
    expect(await stateOf('fake-us0')).toMatchObject({ state: 'done' });

    expect(await resumed()).toEqual(['recovered']);
  });
});

describe('a failure', () => {
  it.each([
    ['throttled', new Failure('throttled', { target: US })],
    ['unavailable', new Failure('unavailable', { target: US, retryAfterMs: SECOND })],
  ])('that asks for a rest (%s) pauses the lane, whomever that place has answered', (_code, failure) => {
    const outages = new Outages(new FakeClock());
    outages.ended(new Set([US]));
    expect(outages.judge(failure).scope).toBe('lane');
  });

  it.each([
    ['of the token', new Failure('unexpected-answer', { target: US })],
    ['that may be of the leaked token alone', new Failure('throttled', { target: US, byLeaked: true })],
    ['that names no place', new Failure('timeout')],
  ])('%s stays what it is', (_what, failure) => {
    const outages = new Outages(new FakeClock());
    outages.judge(failure);
    outages.ended(new Set([EU]));
    expect(outages.judge(failure)).toBe(failure);
  });
});

it('one that is of an entry anyway costs no other one its turn', () => {
  const outages = new Outages(new FakeClock());
  const scopeOf = (scope: 'lane' | 'entry') =>
    outages.judge(new Failure('unreachable', { target: US, scope })).scope;
  scopeOf('lane');
  outages.ended(new Set([EU]));
  for (let count = 0; count < 20; count++) scopeOf('entry');
  expect(scopeOf('lane')).toBe('entry');
});

it('of any number of places that tokens name, those are remembered that answered or failed last', () => {
  const outages = new Outages(new FakeClock());
  const scopeAt = (target: string) => outages.judge(new Failure('unreachable', { target })).scope;
  for (const target of [US, ...named('https://', 998), US, EU]) outages.ended(new Set([target]));
  outages.ended(new Set(['https://new.example.com']));
  expect([scopeAt(US), scopeAt('https://0')]).toEqual(['entry', 'lane']);
});
