/** The whole way of a leaked token, against a server that keeps and writes last uses as the real one does. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeGocd, type FakeGocdOptions, startFakeGocd } from '../../src/fakes/gocd.ts';
import type { Provider, RevokeResult } from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../../test/support/a-step.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createGocd, gocd } from './index.ts';

const USERS = [
  { name: 'alice', password: 'a password of alice' },
  { name: 'bob', password: 'a password of bob' },
  { name: 'quash', password: 'a password of quash', admin: true },
];

interface World {
  readonly clock: FakeClock;
  readonly server: FakeGocd;
  readonly servers: readonly FakeGocd[];
  readonly provider: Provider;
  readonly warnings: readonly string[];
}

interface WorldOptions {
  readonly server?: Partial<FakeGocdOptions>;
  /** How many servers there are; the first is the one that tests look at. */
  readonly servers?: number;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function startWorld(options: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 12, 0, 0, 400));
  const start = () => startFakeGocd({ users: USERS, flushMs: 60_000, clock, ...options.server });
  const servers = await Promise.all(Array.from({ length: options.servers ?? 1 }, start));
  const factory = createUpstreamFactory({
    timeoutMs: 10_000,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    clock,
  });
  const warnings: string[] = [];
  const config = gocd.config.parse({
    servers: servers.map(({ url }) => ({ url, username: 'quash', password: 'a password of quash' })),
    ...options.config,
  });
  const tools = {
    clock,
    upstream: (baseUrl: string) => factory.for('gocd', baseUrl),
    log: { warn: (event: string) => void warnings.push(event), info: () => {} },
  };
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await factory.close();
  });
  const [server] = servers;
  if (!server) throw new Error('A world needs a server.');
  return { clock, server, servers, provider: createGocd(config, tools, unevenNumbers()), warnings };
}

/** Spread over the range, and the same in each run. */
function unevenNumbers(): () => number {
  let drawn = 0;
  return () => (++drawn * 0.618) % 1;
}

type End = Exclude<RevokeResult, { outcome: 'continue' }>;

/** One reported token, with what the dispatcher keeps of it. */
class Entry {
  readonly #world: World;
  readonly #plaintext: string;
  note: unknown;

  constructor(world: World, plaintext: string) {
    this.#world = world;
    this.#plaintext = plaintext;
  }

  /** @param crash the process dies before anything is stored */
  async step({ crash = false } = {}): Promise<RevokeResult> {
    const remember = (note: unknown) => {
      const stored = JSON.stringify(note);
      expect(stored).not.toContain(this.#plaintext);
      if (!crash) this.note = JSON.parse(stored);
    };
    const step = aStep({ kind: 'access-token', note: this.note, remember });
    return this.#world.provider.revoke(new Secret(this.#plaintext), step);
  }

  /** Lets time pass for as long as the provider asks for it. */
  async finish(): Promise<End> {
    for (let step = 0; step < 20; step++) {
      const result = await this.step();
      if (result.outcome !== 'continue') return result;
      await this.#world.clock.advance(result.afterMs);
    }
    throw new Error('The provider does not come to an end.');
  }
}

function idsRevoked(server: FakeGocd): number[] {
  return server.tokens().flatMap((token) => (token.revokedAt === null ? [] : [token.id]));
}

function callsOf(server: FakeGocd, method: string): string[] {
  return server.calls.filter((call) => call.method === method).map((call) => call.path);
}

/** Two tokens of alice that never rest, of which the first is the leaked one, and an idle third. */
function makeAmbiguous(server: FakeGocd) {
  const leaked = server.createToken('alice', { lastUsedAt: Date.UTC(2026, 5, 1) });
  const busy = server.createToken('alice');
  const idle = server.createToken('alice');
  server.startUsing(leaked.plaintext, 900);
  const stopBusy = server.startUsing(busy.plaintext, 700);
  return { leaked, busy, idle, stopBusy };
}

describe('the leaked token is told from others of its user', () => {
  it('at once when it is the only one', async () => {
    const world = await startWorld();
    world.server.createToken('bob');
    const leaked = world.server.createToken('alice', { lastUsedAt: Date.UTC(2026, 5, 1) });
    const entry = new Entry(world, leaked.plaintext);
    expect(await entry.step()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await entry.step()).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: {
        server: world.server.url,
        owner: 'alice',
        recordId: leaked.id,
        lastUsedAt: '2026-06-01T00:00:00.000Z',
      },
    });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('after one round when the others rest', async () => {
    const world = await startWorld();
    const [, leaked] = [1, 2, 3].map(() => world.server.createToken('alice'));
    const end = await new Entry(world, leaked?.plaintext ?? '').finish();
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { rounds: 1, identified: 'exact' } });
    expect(idsRevoked(world.server)).toEqual([leaked?.id]);
  });

  it('while somebody else uses another one all the time', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.createToken('alice');
    world.server.startUsing(busy.plaintext, 700);
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { rounds: 2, identified: 'high' } });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('while somebody uses the leaked one all the time', async () => {
    const world = await startWorld();
    const [, leaked] = [1, 2, 3].map(() => world.server.createToken('alice'));
    world.server.startUsing(leaked?.plaintext ?? '', 700);
    const end = await new Entry(world, leaked?.plaintext ?? '').finish();
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { rounds: 2, identified: 'exact' } });
    expect(idsRevoked(world.server)).toEqual([leaked?.id]);
  });

  it('when its records carry the user name in another case', async () => {
    const world = await startWorld();
    world.server.createToken('ALICE');
    const leaked = world.server.createToken('Alice');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when its owner is disabled and all tokens of the server come into question', async () => {
    const world = await startWorld();
    world.server.createToken('bob');
    const leaked = world.server.createToken('alice');
    world.server.setEnabled('alice', false);
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({ outcome: 'revoked', proven: true, evidence: { owner: null } });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when the authorization of its owner was removed', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.createToken('bob');
    world.server.removeAuthConfig('alice');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it.each<[string, Partial<FakeGocdOptions>]>([
    ['is an hour ahead', { skewMs: 3_600_000 }],
    ['is an hour behind', { skewMs: -3_600_000 }],
    ['is an hour ahead behind a proxy with its own Date', { skewMs: 3_600_000, date: 'proxy' }],
    ['is an hour behind behind a proxy with its own Date', { skewMs: -3_600_000, date: 'proxy' }],
    ['is right and shown by no Date', { date: 'none' }],
    ['is a minute ahead and shown by no Date', { skewMs: 60_000, date: 'none' }],
  ])('when the clock of the server %s', async (_name, server) => {
    const world = await startWorld({ server });
    const past = world.clock.now() + (server.skewMs ?? 0) - 600_000;
    world.server.createToken('alice', { lastUsedAt: past });
    const leaked = world.server.createToken('alice', { lastUsedAt: past });
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when a restart loses the use before it is written', async () => {
    const world = await startWorld();
    world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    const first = await entry.step();
    world.server.restart();
    await world.clock.advance(first.outcome === 'continue' ? first.afterMs : 0);
    const second = await entry.step();
    expect(second).toMatchObject({ outcome: 'continue' });
    expect(second.outcome === 'continue' && second.afterMs).toBeGreaterThanOrEqual(150_000);
    await world.clock.advance(second.outcome === 'continue' ? second.afterMs : 0);
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when a restart loses the use and another token was used since', async () => {
    const world = await startWorld();
    const other = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    const first = await entry.step();
    world.server.restart();
    await world.clock.advance(20_000);
    world.server.useToken(other.plaintext);
    await world.clock.advance(first.outcome === 'continue' ? first.afterMs : 0);
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when the server writes less often than it should', async () => {
    const world = await startWorld({ server: { flushMs: 200_000 } });
    world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({ outcome: 'revoked' });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when two of one user leaked at the same time', async () => {
    const world = await startWorld();
    const [first, second] = [1, 2, 3].map(() => world.server.createToken('alice'));
    const waiting = [first, second].map((token) => ({
      entry: new Entry(world, token?.plaintext ?? ''),
      dueAt: world.clock.now(),
    }));
    const ends: string[] = [];
    for (let next = waiting.shift(); next; next = waiting.sort((a, b) => a.dueAt - b.dueAt).shift()) {
      await world.clock.advance(Math.max(0, next.dueAt - world.clock.now()));
      const result = await next.entry.step();
      if (result.outcome !== 'continue') ends.push(result.outcome);
      else waiting.push({ entry: next.entry, dueAt: world.clock.now() + result.afterMs });
    }
    expect(ends).toEqual(['revoked', 'revoked']);
    expect(idsRevoked(world.server)).toEqual([first?.id, second?.id]);
  });
});

describe('nothing is revoked by Quash', () => {
  it('when the token was revoked before', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.createToken('alice');
    world.server.revokeByHand(leaked.id);
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
    });
    expect(callsOf(world.server, 'POST')).toEqual([]);
  });

  it('when a person revokes it between two rounds and leaves one other token', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    world.server.revokeByHand(leaked.id);
    expect(await entry.finish()).toMatchObject({ outcome: 'already-inactive', proven: true });
    expect(callsOf(world.server, 'POST')).toEqual([]);
  });

  it('when its user is deleted between two rounds', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    world.server.deleteUser('alice');
    expect(await entry.finish()).toMatchObject({ outcome: 'already-inactive', proven: true });
    expect(callsOf(world.server, 'POST')).toEqual([]);
  });

  it('when its user is deleted between identification and revocation', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    world.server.deleteUser('alice');
    expect(await entry.finish()).toMatchObject({ outcome: 'already-inactive', proven: true });
    const step = aStep({ kind: 'access-token', note: entry.note });
    expect(await world.provider.verify?.(new Secret(leaked.plaintext), step)).toBe('dead');
  });

  it('when no server knows the token, which is a case for a person', async () => {
    const world = await startWorld({ servers: 2 });
    const end = await new Entry(world, '0'.repeat(40)).finish();
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('when no server knows the token and the operator calls that inactive', async () => {
    const world = await startWorld({ config: { unknownTokens: 'inactive' } });
    const end = await new Entry(world, '0'.repeat(40)).finish();
    expect(end).toEqual({ outcome: 'already-inactive', proven: false });
  });
});

describe('what survives', () => {
  it('a crash right after the revocation, with the proof of which record it was', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    await entry.step({ crash: true });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
    expect(await entry.finish()).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: { recordId: leaked.id },
    });
  });

  it('a crash in every other step', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.startUsing(busy.plaintext, 700);
    const entry = new Entry(world, leaked.plaintext);
    let result: RevokeResult = { outcome: 'continue', afterMs: 0 };
    while (result.outcome === 'continue') {
      await world.clock.advance(result.afterMs);
      await entry.step({ crash: true });
      await world.clock.advance(5_000);
      result = await entry.step();
    }
    expect(result).toMatchObject({ outcome: 'revoked', proven: true });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('a note that another version wrote', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    entry.note = { version: 0 };
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked' });
  });

  it('a backup and the maintenance mode of the server', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    world.server.setMode('backup');
    await expect(entry.step()).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
    world.server.setMode('maintenance');
    expect(await entry.step()).toMatchObject({ outcome: 'continue' });
    await expect(entry.step()).rejects.toMatchObject({ code: 'unavailable' });
    world.server.setMode('normal');
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', proven: true });
  });
});

describe('several servers', () => {
  it('finds the one that knows the token although another is down', async () => {
    const world = await startWorld({ servers: 2 });
    const [down, up] = world.servers;
    const leaked = up?.createToken('alice');
    down?.setMode('backup');
    const end = await new Entry(world, leaked?.plaintext ?? '').finish();
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { server: up?.url } });
  });

  it('puts off this token alone when the one that is down may know it', async () => {
    const world = await startWorld({ servers: 2 });
    world.server.setMode('backup');
    const failed = new Entry(world, '0'.repeat(40)).step();
    await expect(failed).rejects.toMatchObject({ code: 'unavailable', scope: 'entry', status: 503 });
  });
});

describe('when it cannot be told which token leaked', () => {
  it('reports the candidates and changes nothing', async () => {
    const world = await startWorld();
    const { leaked, busy, idle } = makeAmbiguous(world.server);
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({ outcome: 'refused', reason: 'ambiguous', evidence: { userDisabled: false } });
    const candidates = end.outcome === 'refused' ? end.evidence?.candidates : undefined;
    expect(candidates).toHaveLength(3);
    expect(candidates).toContainEqual({
      recordId: leaked.id,
      createdAt: '2026-11-21T12:00:00.000Z',
      lastUsedAt: '2026-06-01T00:00:00.000Z',
    });
    expect(candidates).toContainEqual(expect.objectContaining({ recordId: busy.id }));
    expect(Array.isArray(candidates) && candidates[2]).toMatchObject({ recordId: idle.id });
    expect(callsOf(world.server, 'POST')).toEqual([]);
    expect(callsOf(world.server, 'PATCH')).toEqual([]);
  });

  it('tries with fresh rounds when it is asked to again', async () => {
    const world = await startWorld();
    const { leaked, stopBusy } = makeAmbiguous(world.server);
    const entry = new Entry(world, leaked.plaintext);
    expect(await entry.finish()).toMatchObject({ outcome: 'refused' });
    stopBusy();
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', proven: true });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('disables the user where the operator wants that, and says so', async () => {
    const world = await startWorld({ config: { ambiguous: 'disable-user' } });
    const { leaked } = makeAmbiguous(world.server);
    const entry = new Entry(world, leaked.plaintext);
    const expected = {
      outcome: 'refused',
      reason: 'ambiguous',
      advice: expect.stringContaining('disabled'),
      evidence: { owner: 'alice', userDisabled: true },
    };
    expect(await entry.finish()).toMatchObject(expected);
    expect(await entry.finish()).toMatchObject(expected);
    expect(world.server.isEnabled('alice')).toBe(false);
    expect(idsRevoked(world.server)).toEqual([]);
  });

  it('revokes the likeliest one by one until the leaked one is dead, where the operator wants that', async () => {
    const world = await startWorld({ config: { ambiguous: 'revoke-candidates' } });
    const { leaked, busy, idle } = makeAmbiguous(world.server);
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: { recordId: leaked.id, identified: 'candidates' },
    });
    expect(idsRevoked(world.server)).not.toContain(idle.id);
    const posts = callsOf(world.server, 'POST');
    expect(posts.at(-1)).toContain(`/${leaked.id}/`);
    expect(posts.slice(0, -1).every((path) => path.includes(`/${busy.id}/`))).toBe(true);
  });

  it('stops revoking candidates at the limit, however often it is tried again', async () => {
    const world = await startWorld({ config: { ambiguous: 'revoke-candidates', maxCandidates: 2 } });
    const [first, second, third, leaked] = [1, 2, 3, 4].map(() => world.server.createToken('alice'));
    for (const token of [first, second, third, leaked]) {
      world.server.startUsing(token?.plaintext ?? '', 500);
    }
    const entry = new Entry(world, leaked?.plaintext ?? '');
    const expected = {
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { revokedInVain: [{ recordId: first?.id }, { recordId: second?.id }] },
    };
    expect(await entry.finish()).toMatchObject(expected);
    expect(await entry.finish()).toMatchObject(expected);
    expect(idsRevoked(world.server)).toEqual([first?.id, second?.id]);
  });

  it('revokes all of the user where the operator wants that', async () => {
    const world = await startWorld({ config: { ambiguous: 'revoke-all' } });
    const { leaked, busy, idle } = makeAmbiguous(world.server);
    const ofBob = world.server.createToken('bob');
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({ outcome: 'revoked', proven: true, evidence: { identified: 'all' } });
    expect(idsRevoked(world.server)).toEqual([leaked.id, busy.id, idle.id]);
    expect(idsRevoked(world.server)).not.toContain(ofBob.id);
  });

  it.each(['disable-user', 'revoke-candidates', 'revoke-all'])(
    'only reports when the owner is not known, also with %s',
    async (ambiguous) => {
      const world = await startWorld({ config: { ambiguous } });
      const { leaked } = makeAmbiguous(world.server);
      world.server.setEnabled('alice', false);
      const end = await new Entry(world, leaked.plaintext).finish();
      expect(end).toMatchObject({ outcome: 'refused', reason: 'ambiguous', evidence: { owner: null } });
      expect(callsOf(world.server, 'POST')).toEqual([]);
      expect(callsOf(world.server, 'PATCH')).toEqual([]);
    },
  );
});

describe('when the wrong record was revoked', () => {
  /** A restart loses the probe, and in the very same second somebody uses another token: the one double coincidence. */
  async function misled(ambiguous: string) {
    const world = await startWorld({ config: { ambiguous } });
    const leaked = world.server.createToken('alice');
    const innocent = world.server.createToken('alice');
    world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    const first = await entry.step();
    world.server.restart();
    world.server.useToken(innocent.plaintext);
    await world.clock.advance(first.outcome === 'continue' ? first.afterMs : 0);
    return { world, entry, leaked, innocent };
  }

  it('raises the alarm, and stops believing in identification', async () => {
    const { world, entry, innocent } = await misled('report');
    const expected = {
      outcome: 'refused',
      reason: 'wrong-record',
      evidence: { revokedInVain: [{ recordId: innocent.id }] },
    };
    expect(await entry.finish()).toMatchObject(expected);
    expect(world.warnings).toEqual(['wrong record revoked']);
    expect(await entry.finish()).toMatchObject(expected);
    expect(idsRevoked(world.server)).toEqual([innocent.id]);
  });

  it('goes on as the operator wants it for ambiguous tokens', async () => {
    const { world, entry, leaked, innocent } = await misled('revoke-candidates');
    expect(await entry.finish()).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: { recordId: leaked.id, revokedInVain: [{ recordId: innocent.id }] },
    });
    expect(world.warnings).toEqual(['wrong record revoked']);
  });
});

describe('the calls', () => {
  it('never send a cookie back, so no session hides a use or a revocation', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.startUsing(busy.plaintext, 700);
    await new Entry(world, leaked.plaintext).finish();
    expect(world.server.calls.map((call) => call.cookie)).toEqual(world.server.calls.map(() => undefined));
    expect(world.server.calls.filter((call) => call.auth === 'bearer').length).toBeGreaterThan(2);
    expect(world.server.unexpected).toEqual([]);
  });
});

describe('verify', () => {
  it.each<[string, (server: FakeGocd, id: number) => void, string]>([
    ['alive while it works', () => {}, 'alive'],
    ['dead once it is revoked', (server, id) => server.revokeByHand(id), 'dead'],
    ['unknown while its owner is disabled', (server) => server.setEnabled('alice', false), 'unknown'],
  ])('calls the token %s', async (_name, arrange, expected) => {
    const world = await startWorld();
    const { id, plaintext } = world.server.createToken('alice');
    arrange(world.server, id);
    const step = aStep({ kind: 'access-token' });
    expect(await world.provider.verify?.(new Secret(plaintext), step)).toBe(expected);
    expect(await world.provider.verify?.(new Secret('0'.repeat(40)), step)).toBe('unknown');
  });
});
