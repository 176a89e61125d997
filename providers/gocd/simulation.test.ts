/**
 * How often the burst names the right record, by the real code against a model of GoCD: uses are kept in memory and
 * written by a flush at a random phase, other tokens are used at random, and a thief uses the leaked one. Each trial
 * takes minutes on the clock of the test and a few milliseconds on that of the machine.
 */
import { describe, expect, it } from 'vitest';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../../test/support/a-step.ts';
import type { Rules } from './case.ts';
import type { TokenRecord } from './record.ts';
import type { GocdServer } from './server.ts';
import { revoke } from './token.ts';
import { Turns } from './turns.ts';

const TOKEN = new Secret('0123456789'.repeat(4));
const LEAKED_ID = 1;

interface Situation {
  /** How many other tokens the owner has, and how often each is used on average; they rest when it is null. */
  readonly others: number;
  readonly everyS: number | null;
  /** How often the thief uses the leaked one; null for never. */
  readonly thiefS: number | null;
  /** The share of trials in which the server restarts once amid the burst, and loses what it has not written. */
  readonly restarts?: number;
  readonly clockOffMs?: number;
  /** By how much the server's clock is set back once amid the burst. */
  readonly setBackMs?: number;
}

/** The same in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class SimulatedClock implements Clock {
  #now = Date.UTC(2026, 10, 28, 12);
  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.pass(ms);
  }
  pass(ms: number): void {
    this.#now += Math.max(0, ms);
  }
}

const FLUSH_MS = 60_000;

/** A server that works off what has happened since it was last asked. */
class SimulatedServer implements GocdServer {
  readonly base = 'https://ci.example.com/go';
  readonly username = 'quash';
  readonly flushMs = 75_000;
  readonly revoked: number[] = [];
  calls = 0;
  readonly #clock: SimulatedClock;
  readonly #random: () => number;
  #offMs: number;
  readonly #written = new Map<number, number>();
  readonly #unwritten = new Map<number, number>();
  readonly #events: { at: number; work: (at: number) => void; next: (at: number) => number }[] = [];

  constructor(clock: SimulatedClock, random: () => number, situation: Situation) {
    const { others, everyS, thiefS, restarts = 0, clockOffMs = 0, setBackMs = 0 } = situation;
    this.#clock = clock;
    this.#random = random;
    this.#offMs = clockOffMs;
    const start = clock.now();
    this.#every(
      start + random() * FLUSH_MS,
      () => FLUSH_MS,
      () => this.#flush(),
    );
    for (let id = LEAKED_ID + 1; id <= LEAKED_ID + others; id++) {
      this.#written.set(id, start + clockOffMs - 60_000 - random() * 10_000_000);
      if (everyS === null) continue;
      const pauseMs = () => -Math.log(1 - random()) * everyS * 1000;
      this.#every(start - random() * everyS * 1000 + pauseMs(), pauseMs, (at) => this.#use(id, at));
    }
    if (thiefS !== null) {
      this.#every(
        start + random() * 1000,
        () => thiefS * 1000,
        (at) => this.#use(LEAKED_ID, at),
      );
    }
    if (setBackMs > 0) {
      this.#every(
        start + random() * 150_000,
        () => Number.POSITIVE_INFINITY,
        () => {
          this.#offMs -= setBackMs;
        },
      );
    }
    if (random() < restarts) {
      this.#every(
        start + random() * 150_000,
        () => Number.POSITIVE_INFINITY,
        () => this.#unwritten.clear(),
      );
    }
  }

  async list(filter: string): Promise<readonly TokenRecord[]> {
    this.#catchUp();
    const ids = [LEAKED_ID, ...[...this.#written.keys()].filter((id) => id !== LEAKED_ID)];
    const isWanted = (id: number) => filter === 'all' || (filter === 'revoked') === this.revoked.includes(id);
    return ids.filter(isWanted).map((id) => this.#row(id));
  }

  async ownName(): Promise<string> {
    return this.username;
  }

  async record(id: number): Promise<TokenRecord> {
    return this.#row(id);
  }

  async probe() {
    this.#catchUp();
    if (this.revoked.includes(LEAKED_ID)) return { state: 'revoked', at: undefined } as const;
    this.#use(LEAKED_ID, this.#clock.now());
    return { state: 'live', owner: 'alice' } as const;
  }

  prove() {
    return this.probe();
  }

  async revokeRecord(id: number): Promise<void> {
    this.revoked.push(id);
  }

  async disableUser(): Promise<boolean> {
    throw new Error('Nobody is disabled here.');
  }

  mapped(): undefined {
    return undefined;
  }

  #row(id: number): TokenRecord {
    const at = this.#written.get(id);
    const isRevoked = this.revoked.includes(id);
    return {
      id,
      username: 'alice',
      createdAt: 0,
      lastUsedAt: at === undefined ? null : Math.floor(at / 1000),
      revokedAt: isRevoked ? 1 : null,
      revokedBy: isRevoked ? 'quash' : null,
      isOurs: isRevoked,
      isUserDeleted: false,
    };
  }

  #every(first: number, pauseMs: () => number, work: (at: number) => void): void {
    this.#events.push({ at: first, work, next: (at) => at + pauseMs() });
  }

  /** Noted by the server's own clock. */
  #use(id: number, at: number): void {
    this.#unwritten.set(id, at + this.#offMs);
  }

  #flush(): void {
    for (const [id, at] of this.#unwritten) this.#written.set(id, at);
    this.#unwritten.clear();
  }

  /** In the order of time; then the call itself takes some. */
  #catchUp(): void {
    this.calls++;
    this.#clock.pass(5 + this.#random() * 40);
    for (;;) {
      const next = this.#events.reduce((a, b) => (b.at < a.at ? b : a));
      if (next.at > this.#clock.now()) return;
      next.work(next.at);
      next.at = next.next(next.at);
    }
  }
}

interface Trial {
  readonly end: 'right' | 'wrong' | 'ambiguous';
  readonly seconds: number;
  readonly calls: number;
}

async function trial(situation: Situation, seed: number): Promise<Trial> {
  const random = randomOf(seed);
  const clock = new SimulatedClock();
  const server = new SimulatedServer(clock, random, situation);
  const log = { warn: () => {}, info: () => {} };
  const rules: Rules = { ambiguous: 'report', maxCandidates: 3, log, clock, random, turns: new Turns() };
  const startedAt = clock.now();
  const seenAlive: string[] = [];
  let note: unknown;
  for (let step = 0; step < 2_000; step++) {
    const result: RevokeResult = await revoke(
      [server],
      TOKEN,
      aStep({
        kind: 'access-token',
        note,
        seenAlive,
        sawAlive: (place) => void seenAlive.push(place),
        // As it is: to write it down and read it at each of so many steps would cost as much as the steps.
        remember: (value) => {
          note = value;
        },
      }),
      rules,
    );
    if (result.outcome === 'continue') {
      // The dispatcher takes its time, too.
      clock.pass(result.afterMs + random() * 200);
      continue;
    }
    const others = server.revoked.filter((id) => id !== LEAKED_ID);
    const seconds = (clock.now() - startedAt) / 1000;
    const end = others.length > 0 ? 'wrong' : server.revoked.length > 0 ? 'right' : 'ambiguous';
    return { end, seconds, calls: server.calls };
  }
  throw new Error('The trial does not end.');
}

async function trials(situation: Situation, count: number) {
  const all: Trial[] = [];
  for (let seed = 1; seed <= count; seed++) all.push(await trial(situation, seed * 7919));
  const share = (end: Trial['end']) => all.filter((each) => each.end === end).length / count;
  const mean = (of: (each: Trial) => number) => all.reduce((sum, each) => sum + of(each), 0) / count;
  return {
    right: share('right'),
    wrong: share('wrong'),
    ambiguous: share('ambiguous'),
    seconds: mean(({ seconds }) => seconds),
    calls: mean(({ calls }) => calls),
  };
}

describe('the burst names the leaked token', () => {
  it.each<[string, Situation, number]>([
    ['beside tokens in ordinary use, while a thief never rests', { others: 5, everyS: 60, thiefS: 1 }, 1],
    ['beside tokens in ordinary use, while nobody uses it', { others: 5, everyS: 60, thiefS: null }, 1],
    ['beside thirty others, while a thief never rests', { others: 30, everyS: 120, thiefS: 1 }, 1],
    ['beside thirty others, while nobody uses it', { others: 30, everyS: 120, thiefS: null }, 1],
    ['beside a hundred others, while a thief never rests', { others: 100, everyS: 300, thiefS: 1 }, 1],
    ['beside tokens in heavy use, while a thief never rests', { others: 5, everyS: 10, thiefS: 1 }, 0.95],
    ['beside tokens in heavy use, while nobody uses it', { others: 5, everyS: 10, thiefS: null }, 0.99],
    ['beside tokens in constant use, while nobody uses it', { others: 3, everyS: 1, thiefS: null }, 0.99],
    ['although the server restarts', { others: 5, everyS: 20, thiefS: 1, restarts: 1 }, 0.95],
    [
      'by the clock of a server that is wrong',
      { others: 5, everyS: 60, thiefS: 1, clockOffMs: 3_600_000 },
      1,
    ],
  ])('%s', async (_name, situation, least) => {
    const found = await trials(situation, 200);
    expect(found.right).toBeGreaterThanOrEqual(least);
    expect(found.wrong).toBe(0);
    expect(found.seconds).toBeLessThan(situation.everyS === 1 ? 600 : 180);
  });

  it.each([10, 60])('or none, where the clock of the server is set back by %i minutes', async (minutes) => {
    const found = await trials({ others: 3, everyS: 15, thiefS: null, setBackMs: minutes * 60_000 }, 200);
    expect(found.wrong).toBe(0);
    expect(found.right).toBeGreaterThanOrEqual(0.95);
  });

  it('or none, where others and the thief never rest', async () => {
    const found = await trials({ others: 3, everyS: 2, thiefS: 1 }, 200);
    expect(found.wrong).toBe(0);
    expect(found.ambiguous).toBeGreaterThan(0);
  });

  it('with no more calls than one a second and some lists', async () => {
    const { calls, seconds } = await trials({ others: 5, everyS: 60, thiefS: null }, 50);
    expect(calls / seconds).toBeLessThan(1.4);
  });
});
