/** The whole way of a leaked token, against a server that keeps and writes last uses as the real one does. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { attempt, type StepResult } from '../../src/dispatch/attempt.ts';
import { RunningStep } from '../../src/dispatch/running-step.ts';
import {
  type FakeGocd,
  type FakeGocdOptions,
  type FakeGocdRequest,
  type FakeToken,
  startFakeGocd,
} from '../../src/fakes/gocd.ts';
import { guarded } from '../../src/provider/possession.ts';
import type { Provider } from '../../src/provider/provider.ts';
import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../../test/support/a-step.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type MemoryCall, memoryUpstream } from '../../test/support/memory-upstream.ts';
import { createGocd, gocd } from './index.ts';

const USERS = [
  { name: 'alice', password: 'a password of alice' },
  { name: 'bob', password: 'a password of bob' },
  { name: 'quash', password: 'a password of quash', admin: true },
];

/** It looks like a token. */
const FORGED = '9'.repeat(40);

interface World {
  readonly clock: FakeClock;
  readonly server: FakeGocd;
  readonly servers: readonly FakeGocd[];
  readonly provider: Provider;
  readonly warnings: readonly string[];
  /** The same servers, configured with these keys, too. */
  with(serverKeys: Readonly<Record<string, unknown>>): World;
  /** Runs once, after the next POST is done and before anything else is. */
  onPost(work: () => void): void;
}

interface WorldOptions {
  readonly server?: Partial<FakeGocdOptions>;
  /** How many servers there are; the first is the one that tests look at. */
  readonly servers?: number;
  /** Whether they are called by the real client; all else that the calls show is the same. */
  readonly overSockets?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function startWorld(options: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 12, 0, 0, 400), options.overSockets ? 50 : 5);
  const start = () => startFakeGocd({ users: USERS, flushMs: 60_000, clock, ...options.server });
  const servers = await Promise.all(Array.from({ length: options.servers ?? 1 }, start));
  const factory = createUpstreamFactory({
    timeoutMs: 10_000,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    clock,
  });
  const warnings: string[] = [];
  let afterPost = () => {};
  const clientOf = (baseUrl: string): Upstream => {
    const server = servers.find(({ url }) => url === baseUrl);
    if (options.overSockets || !server) return factory.for('gocd', baseUrl);
    const answer = ({ request: { headers, ...request } }: MemoryCall) => {
      const { body: text, ...answered } = server.answer({
        ...request,
        headers: headers as FakeGocdRequest['headers'],
      });
      return { ...answered, text };
    };
    return memoryUpstream(baseUrl, { benchUrl: baseUrl, now: () => clock.now(), answer });
  };
  const upstreamOf = (baseUrl: string) => {
    const upstream = guarded(clientOf(baseUrl));
    return {
      base: upstream.base,
      async request(request: UpstreamRequest) {
        const answer = await upstream.request(request);
        if (request.method === 'POST') afterPost();
        return answer;
      },
    };
  };
  const providerWith = (serverKeys: Readonly<Record<string, unknown>>): Provider => {
    const access = { username: 'quash', password: 'a password of quash', ...serverKeys };
    const config = gocd.config.parse({
      servers: servers.map(({ url }) => ({ url, ...access })),
      ...options.config,
    });
    const tools = {
      // A step that sleeps lets the time of the whole world pass.
      clock: { now: () => clock.now(), sleep: (ms: number) => clock.advance(ms) },
      upstream: upstreamOf,
      log: { warn: (event: string) => void warnings.push(event), info: () => {} },
    };
    return createGocd(config, tools, unevenNumbers());
  };
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await factory.close();
  });
  const [server] = servers;
  if (!server) throw new Error('A world needs a server.');
  const world: World = {
    ...{ clock, server, servers, warnings },
    provider: providerWith({}),
    with: (serverKeys) => ({ ...world, provider: providerWith(serverKeys) }),
    onPost(work) {
      afterPost = () => {
        afterPost = () => {};
        work();
      };
    },
  };
  return world;
}

/** Spread over the range, and the same in each run. */
function unevenNumbers(): () => number {
  let drawn = 0;
  return () => (++drawn * 0.618) % 1;
}

type End = Exclude<StepResult, { outcome: 'continue' | 'aborted' }>;

/** One reported token, with what the dispatcher keeps of it. */
class Entry {
  readonly #world: World;
  readonly #token: Secret;
  note: unknown;
  /** A person approved it. */
  approved = false;

  constructor(world: World, plaintext: string) {
    this.#world = world;
    this.#token = new Secret(plaintext);
  }

  /** @param crash the process dies before anything is stored */
  async step({ crash = false } = {}): Promise<StepResult> {
    const { provider } = this.#world;
    const [kind] = provider.kinds;
    if (!kind) throw new Error('There is no kind.');
    const step = new RunningStep({
      kind,
      token: this.#token,
      note: this.note,
      parts: {},
      signal: new AbortController().signal,
      context: async () => undefined,
      mayActUnproven: this.approved,
    });
    const work = { provider, token: this.#token, step, phase: 'revoke', unknownTokens: 'inactive' } as const;
    const result = await attempt(work);
    const stored = JSON.stringify(step.remembered);
    expect(stored ?? '').not.toContain(this.#token.reveal());
    if (!crash && stored !== undefined) this.note = JSON.parse(stored);
    return result;
  }

  /** Lets time pass for as long as the provider asks for it. */
  async finish(meanwhile: (steps: number) => void = () => {}): Promise<End> {
    for (let steps = 0; steps < 1_000; steps++) {
      const result = await this.step();
      if (result.outcome === 'aborted') throw new Error('Nobody stops here.');
      if (result.outcome !== 'continue') return result;
      await this.#world.clock.advance(result.afterMs);
      meanwhile(steps);
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

const told = (why: string) => ({ outcome: 'revoked', proven: true, evidence: { identified: why } });

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
        inferred: true,
      },
    });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it.each<[string, (server: FakeGocd, other: FakeToken, leaked: FakeToken) => void]>([
    ['while all others rest', () => {}],
    ['while another is used now and then', (server, other) => server.startUsing(other.plaintext, 17_300)],
    ['while a thief uses it all the time', (server, _, leaked) => server.startUsing(leaked.plaintext, 700)],
    [
      'while a thief uses it all the time and another is used now and then',
      (server, other, leaked) => {
        server.startUsing(leaked.plaintext, 700);
        server.startUsing(other.plaintext, 17_300);
      },
    ],
  ])('after two flushes, %s', async (_name, arrange) => {
    const world = await startWorld();
    const [other, leaked] = [1, 2, 3].map(() => world.server.createToken('alice')) as [FakeToken, FakeToken];
    arrange(world.server, other, leaked);
    const startedAt = world.clock.now();
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject(told('burst'));
    expect(world.clock.now() - startedAt).toBeLessThan(130_000);
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('by silence, while another one is used all the time', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.startUsing(busy.plaintext, 700);
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject(told('silence'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('by steps that go on at once, so that no flood of other tokens comes between its probes', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.startUsing(busy.plaintext, 700);
    const entry = new Entry(world, leaked.plaintext);
    const pauses = new Set<number>();
    let result = await entry.step();
    for (; result.outcome === 'continue'; result = await entry.step()) pauses.add(result.afterMs);
    expect(result).toMatchObject(told('silence'));
    expect([...pauses]).toEqual([0]);
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
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject(told('burst'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when the plugin does not know its owner any more, even if it is the only one', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.setPluginFault('alice', 'user-unknown');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject(told('burst'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it.each<[string, Partial<FakeGocdOptions>]>([
    ['is an hour ahead', { skewMs: 3_600_000 }],
    ['is an hour behind', { skewMs: -3_600_000 }],
    ['is in India', { zoneMinutes: 330 }],
    ['is in Chile', { zoneMinutes: -240 }],
    ['writes uses late', { lateMs: () => 25_000 }],
    ['writes them less often than it should', { flushMs: 200_000 }],
  ])('when the server %s', async (_name, server) => {
    const world = await startWorld({ server });
    world.server.createToken('alice', { lastUsedAt: world.clock.now() + (server.skewMs ?? 0) - 600_000 });
    const leaked = world.server.createToken('alice');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject(told('burst'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('when a restart loses uses before they are written, and another token is used since', async () => {
    const world = await startWorld();
    const other = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    const end = await new Entry(world, leaked.plaintext).finish((steps) => {
      if (steps === 10) {
        world.server.restart();
        world.server.useToken(other.plaintext);
      }
    });
    expect(end).toMatchObject(told('burst'));
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
      else waiting.push({ ...next, dueAt: world.clock.now() + result.afterMs });
    }
    expect(ends).toEqual(['revoked', 'revoked']);
    expect(idsRevoked(world.server)).toEqual([first?.id, second?.id]);
  });
});

describe('a server that refuses the token without a reason proves nothing', () => {
  it('between the probes', async () => {
    const world = await startWorld();
    world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    const end = await new Entry(world, leaked.plaintext).finish((steps) => {
      if (steps === 5) world.server.setPluginFault('alice', 'roles-failing');
      if (steps === 15) world.server.setPluginFault('alice', undefined);
    });
    expect(end).toMatchObject(told('burst'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('before the revocation, which then waits', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    world.server.setPluginFault('alice', 'roles-failing');
    expect(await entry.step()).toMatchObject({ outcome: 'failed', failure: { code: 'suspended' } });
    expect(idsRevoked(world.server)).toEqual([]);
    world.server.setPluginFault('alice', undefined);
    expect(await entry.finish()).toMatchObject(told('only-one'));
  });

  it('after the revocation of a wrong record', async () => {
    const world = await startWorld();
    const { entry, leaked } = await misled(world);
    const posting = world.server.calls.length;
    world.onPost(() => world.server.setPluginFault('alice', 'roles-failing'));
    expect(await entry.finish()).toMatchObject({ outcome: 'failed', failure: { code: 'suspended' } });
    expect(world.server.calls.length).toBeGreaterThan(posting);
    expect(world.server.token(leaked.id)?.revokedAt).toBeNull();
    const step = await entry.step();
    expect(step).toMatchObject({ outcome: 'failed' });
  });

  it('at first sight, so it is asked again until it lets the token in', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.setPluginFault('alice', 'roles-failing');
    const entry = new Entry(world, leaked.plaintext);
    expect(await entry.finish()).toMatchObject({ outcome: 'failed', failure: { code: 'suspended' } });
    world.server.setPluginFault('alice', undefined);
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', proven: true });
  });

  it('at first sight, beside tokens in use, so a person is told', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.startUsing(world.server.createToken('bob').plaintext, 5_000);
    world.server.setPluginFault('alice', 'roles-failing');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
      evidence: { usedMeanwhile: 2 },
    });
  });

  it('to a text that nobody knows, which ends no token of anybody', async () => {
    const world = await startWorld();
    const busy = world.server.createToken('bob');
    world.server.startUsing(busy.plaintext, 500);
    const end = await new Entry(world, FORGED).finish();
    expect(end).toMatchObject({ outcome: 'failed', failure: { code: 'suspended' } });
    expect(idsRevoked(world.server)).toEqual([]);
  });
});

describe('a server whose proxy signs everybody in', () => {
  it.each<[string, (server: FakeGocd) => void]>([
    ['with one token', () => {}],
    ['with one token, who is disabled', (server) => server.setEnabled('alice', false)],
    [
      'with two, of which one never rests',
      (server) => server.startUsing(server.createToken('alice').plaintext, 700),
    ],
  ])('as a user %s ends none of them for a text that is none', async (_name, arrange) => {
    const world = await startWorld();
    world.server.createToken('alice');
    arrange(world.server);
    world.server.signInEverybodyAs('alice');
    expect(await new Entry(world, FORGED).finish()).toMatchObject({
      outcome: 'failed',
      failure: { code: 'unexpected-answer' },
    });
    expect(idsRevoked(world.server)).toEqual([]);
  });

  it('disables nobody', async () => {
    const world = await startWorld({ config: { ambiguous: 'disable-user' } });
    for (let count = 0; count < 2; count++) world.server.createToken('alice');
    world.server.signInEverybodyAs('alice');
    await new Entry(world, FORGED).finish();
    expect(world.server.isEnabled('alice')).toBe(true);
  });

  it('shows no token to be alive', async () => {
    const world = await startWorld();
    world.server.signInEverybodyAs('alice');
    const step = aStep({ kind: 'access-token' });
    for (const ask of [world.provider.look, world.provider.verify]) {
      await expect(ask?.(new Secret(FORGED), step)).rejects.toMatchObject({ code: 'unexpected-answer' });
    }
  });
});

describe('a token that is dead', () => {
  it('by hand, before and amid a burst', async () => {
    const world = await startWorld();
    const [first, second] = [1, 2].map(() => world.server.createToken('alice')) as [FakeToken, FakeToken];
    world.server.revokeByHand(first.id);
    const facts = { evidence: { recordId: first.id, owner: 'alice', revokedBy: 'by hand' } };
    expect(await new Entry(world, first.plaintext).finish()).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
      ...facts,
    });
    world.server.createToken('alice');
    const end = await new Entry(world, second.plaintext).finish((steps) => {
      if (steps === 3) world.server.revokeByHand(second.id);
    });
    expect(end).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
      evidence: { recordId: second.id },
    });
  });

  it('because its user was deleted between identification and revocation', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    await entry.step();
    world.server.deleteUser('alice');
    expect(await entry.finish()).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
      evidence: { userDeleted: true },
    });
  });

  it('because its user was deleted amid a burst', async () => {
    const world = await startWorld();
    const [leaked] = [1, 2].map(() => world.server.createToken('alice')) as [FakeToken];
    const end = await new Entry(world, leaked.plaintext).finish((steps) => {
      if (steps === 4) world.server.deleteUser('alice');
    });
    expect(end).toMatchObject({ outcome: 'already-inactive', evidence: { userDeleted: true } });
  });

  it('because its authorization configuration was removed', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    world.server.removeAuthConfig('alice');
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({
      outcome: 'already-inactive',
      evidence: { revokedBy: 'GoCD' },
    });
  });

  it('or of no server that is configured', async () => {
    const world = await startWorld({ servers: 2 });
    world.server.createToken('alice');
    const end = await new Entry(world, FORGED).finish();
    expect(end).toMatchObject({ outcome: 'already-inactive', proven: false });
    expect(world.clock.now()).toBeLessThan(Date.UTC(2026, 10, 21, 12, 4));
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
    const other = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    world.server.startUsing(other.plaintext, 17_300);
    const entry = new Entry(world, leaked.plaintext);
    let result: StepResult = { outcome: 'continue', afterMs: 0 };
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

  it('a start, a backup and the maintenance mode of the server', async () => {
    const world = await startWorld();
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    const unavailable = { outcome: 'failed', failure: { code: 'unavailable', scope: 'lane' } };
    for (const mode of ['starting', 'backup'] as const) {
      world.server.setMode(mode);
      expect(await entry.step()).toMatchObject(unavailable);
    }
    world.server.setMode('maintenance');
    expect(await entry.step()).toMatchObject({ outcome: 'continue' });
    expect(await entry.step()).toMatchObject(unavailable);
    world.server.setMode('normal');
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', proven: true });
  });

  it('a restart that is seen, after which the burst begins anew', async () => {
    const world = await startWorld();
    const other = world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    const entry = new Entry(world, leaked.plaintext);
    for (let count = 0; count < 12; count++) {
      const result = await entry.step();
      await world.clock.advance(result.outcome === 'continue' ? result.afterMs : 0);
    }
    world.server.restart();
    world.server.setMode('starting');
    expect(await entry.step()).toMatchObject({ outcome: 'failed' });
    world.server.setMode('normal');
    world.server.useToken(other.plaintext);
    expect(await entry.finish()).toMatchObject(told('burst'));
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });
});

describe('several servers', () => {
  it('revokes it at the one that knows the token although another is down, and is done once that was asked', async () => {
    const world = await startWorld({ servers: 2 });
    const [down, up] = world.servers;
    const leaked = up?.createToken('alice');
    down?.setMode('backup');
    const entry = new Entry(world, leaked?.plaintext ?? '');
    expect(await entry.finish()).toMatchObject({ outcome: 'failed', failure: { scope: 'entry' } });
    expect(up && idsRevoked(up)).toEqual([leaked?.id]);

    down?.setMode('normal');
    expect(await entry.finish()).toMatchObject({ ...told('only-one'), evidence: { server: up?.url } });
  });

  it('revokes it on a server that was restored from a copy, too', async () => {
    const world = await startWorld({ servers: 2 });
    const [first, copy] = world.servers;
    const leaked = first?.createToken('alice');
    const same = copy?.createToken('alice', { plaintext: leaked?.plaintext ?? '' });
    const end = await new Entry(world, leaked?.plaintext ?? '').finish();
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { server: copy?.url } });
    expect([first && idsRevoked(first), copy && idsRevoked(copy)]).toEqual([[leaked?.id], [same?.id]]);
  });

  it('does not call it dead that was revoked on one of them and works on its copy', async () => {
    const world = await startWorld({ servers: 2 });
    const [first, copy] = world.servers;
    const leaked = first?.createToken('alice');
    copy?.createToken('alice', { plaintext: leaked?.plaintext ?? '' });
    first?.revokeByHand(leaked?.id ?? 0);
    expect(await new Entry(world, leaked?.plaintext ?? '').finish()).toMatchObject({
      outcome: 'revoked',
      evidence: { server: copy?.url },
    });
  });

  it('does not call it dead that was revoked on one of them while its copy was down', async () => {
    const world = await startWorld({ servers: 2 });
    const [first, copy] = world.servers;
    const leaked = first?.createToken('alice');
    const same = copy?.createToken('alice', { plaintext: leaked?.plaintext ?? '' });
    copy?.setMode('backup');
    const entry = new Entry(world, leaked?.plaintext ?? '');
    expect(await entry.finish()).toMatchObject({ outcome: 'failed', failure: { code: 'unavailable' } });
    expect(first && idsRevoked(first)).toEqual([leaked?.id]);

    copy?.setMode('normal');
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', evidence: { server: copy?.url } });
    expect(copy && idsRevoked(copy)).toEqual([same?.id]);
  });

  it.each<[string, (server: FakeGocd) => void]>([
    ['its owner is disabled', (server) => server.setEnabled('alice', false)],
    ['the plugin does not know its owner', (server) => server.setPluginFault('alice', 'user-unknown')],
  ])('does not call it dead while a copy has it on which %s', async (_name, arrange) => {
    const world = await startWorld({ servers: 2 });
    const [first, copy] = world.servers as [FakeGocd, FakeGocd];
    const leaked = first.createToken('alice');
    copy.createToken('alice', { plaintext: leaked.plaintext });
    first.revokeByHand(leaked.id);
    arrange(copy);
    const step = aStep({ kind: 'access-token' });
    expect(await world.provider.verify?.(new Secret(leaked.plaintext), step)).toBe('unknown');
    copy.revokeByHand(1);
    expect(await world.provider.verify?.(new Secret(leaked.plaintext), step)).toBe('dead');
  });

  it('does not call it dead while another one took it that is not configured any more', async () => {
    const workedAt = 'https://removed.example.com/go';
    const world = await startWorld();
    const [ended, alive] = [world.server.createToken('alice'), world.server.createToken('bob')];
    world.server.revokeByHand(ended.id);
    const entryOf = (plaintext: string) => {
      const entry = new Entry(world, plaintext);
      entry.note = { quash: 1, seenAlive: [world.server.url, workedAt] };
      return entry;
    };
    const of = { outcome: 'refused', reason: 'unknown-token', evidence: { workedAt } };
    expect(await entryOf(ended.plaintext).finish()).toMatchObject(of);
    const look = world.provider.look?.(
      new Secret(ended.plaintext),
      aStep({ kind: 'access-token', seenAlive: [workedAt] }),
    );
    expect(await look).toMatchObject(of);
    const end = { outcome: 'unproven', liveness: 'unknown', evidence: { recordId: alive.id } };
    expect(await entryOf(alive.plaintext).finish()).toMatchObject(end);
  });

  it('puts off this token alone when the one that is down may know it', async () => {
    const world = await startWorld({ servers: 2 });
    world.server.setMode('backup');
    expect(await new Entry(world, FORGED).step()).toMatchObject({
      outcome: 'failed',
      failure: { code: 'unavailable', scope: 'entry', status: 503 },
    });
  });
});

/** Two tokens of alice that never rest, of which the first is the leaked one, and an idle third. */
function makeAmbiguous(server: FakeGocd) {
  const leaked = server.createToken('alice', { lastUsedAt: Date.UTC(2026, 5, 1) });
  const busy = server.createToken('alice');
  const idle = server.createToken('alice');
  server.startUsing(leaked.plaintext, 900);
  const stopBusy = server.startUsing(busy.plaintext, 700);
  return { leaked, busy, idle, stopBusy };
}

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

  it('tries anew when it is asked to', async () => {
    const world = await startWorld();
    const { leaked, stopBusy } = makeAmbiguous(world.server);
    const entry = new Entry(world, leaked.plaintext);
    expect(await entry.finish()).toMatchObject({ outcome: 'refused' });
    stopBusy();
    expect(await entry.finish()).toMatchObject({ outcome: 'revoked', proven: true });
    expect(idsRevoked(world.server)).toEqual([leaked.id]);
  });

  it('disables the user where the operator wants that, keeps the profile, and says so', async () => {
    const world = await startWorld({ config: { ambiguous: 'disable-user' } });
    const { leaked } = makeAmbiguous(world.server);
    const end = await new Entry(world, leaked.plaintext).finish();
    expect(end).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      advice: expect.stringContaining('disabled'),
      evidence: { owner: 'alice', userDisabled: true },
    });
    expect(world.server.isEnabled('alice')).toBe(false);
    expect(world.server.user('alice')).toMatchObject({ email: 'alice@example.com', emailMe: true });
    expect(world.server.user('alice').aliases).not.toEqual([]);
    expect(idsRevoked(world.server)).toEqual([]);
  });

  it('never disables the user whose password Quash uses', async () => {
    const world = await startWorld({ config: { ambiguous: 'disable-user' } });
    const [leaked, busy] = [1, 2].map(() => world.server.createToken('Quash')) as [FakeToken, FakeToken];
    for (const { plaintext } of [leaked, busy]) world.server.startUsing(plaintext, 800);
    expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({
      outcome: 'refused',
      advice: expect.stringContaining('will not disable'),
      evidence: { userDisabled: false },
    });
    expect(callsOf(world.server, 'PATCH')).toEqual([]);
  });

  it('nor by the mail address with which it logs in', async () => {
    const users = USERS.map((user) => (user.admin ? { ...user, login: 'quash@example.com' } : user));
    users.push({ name: 'root', password: 'a password of root', admin: true });
    const world = await startWorld({ server: { users }, config: { ambiguous: 'disable-user' } });
    const { provider } = world.with({ username: 'quash@example.com' });
    const [leaked, busy] = [1, 2].map(() => world.server.createToken('quash')) as [FakeToken, FakeToken];
    for (const { plaintext } of [leaked, busy]) world.server.startUsing(plaintext, 800);
    expect(await new Entry({ ...world, provider }, leaked.plaintext).finish()).toMatchObject({
      outcome: 'refused',
      advice: expect.stringContaining('will not disable'),
    });
    expect(world.server.isEnabled('quash')).toBe(true);
  });

  it.each(['revoke-candidates', 'revoke-all'])(
    'waits for an approval where it would %s',
    async (ambiguous) => {
      const world = await startWorld({ config: { ambiguous } });
      const { leaked } = makeAmbiguous(world.server);
      expect(await new Entry(world, leaked.plaintext).finish()).toMatchObject({
        outcome: 'held',
        reason: 'unproven',
        advice: expect.stringContaining('approve'),
      });
      expect(callsOf(world.server, 'POST')).toEqual([]);
    },
  );

  it('revokes the likeliest one by one until the leaked one is dead, once that is approved', async () => {
    const world = await startWorld({ config: { ambiguous: 'revoke-candidates' } });
    const { leaked, busy, idle } = makeAmbiguous(world.server);
    const entry = new Entry(world, leaked.plaintext);
    expect(await entry.finish()).toMatchObject({ outcome: 'held' });
    entry.approved = true;
    expect(await entry.finish()).toMatchObject({
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
    const tokens = [1, 2, 3, 4].map(() => world.server.createToken('alice'));
    for (const { plaintext } of tokens) world.server.startUsing(plaintext, 500);
    const entry = new Entry(world, tokens[3]?.plaintext ?? '');
    entry.approved = true;
    const expected = { outcome: 'refused', reason: 'ambiguous', evidence: { revokedInVain: [{}, {}] } };
    expect(await entry.finish()).toMatchObject(expected);
    expect(await entry.finish()).toMatchObject(expected);
    expect(idsRevoked(world.server)).toHaveLength(2);
  });

  it('revokes all of the user, once that is approved', async () => {
    const world = await startWorld({ config: { ambiguous: 'revoke-all' } });
    const { leaked, busy, idle } = makeAmbiguous(world.server);
    const ofBob = world.server.createToken('bob');
    const entry = new Entry(world, leaked.plaintext);
    entry.approved = true;
    expect(await entry.finish()).toMatchObject({
      outcome: 'revoked',
      proven: true,
      evidence: { identified: 'all', records: [{}, {}, {}] },
    });
    expect(idsRevoked(world.server)).toEqual([leaked.id, busy.id, idle.id]);
    expect(idsRevoked(world.server)).not.toContain(ofBob.id);
  });

  it.each(['disable-user', 'revoke-candidates', 'revoke-all'])(
    'only reports when the owner is not known, also with %s',
    async (ambiguous) => {
      const world = await startWorld({ config: { ambiguous } });
      const { leaked } = makeAmbiguous(world.server);
      world.server.setEnabled('alice', false);
      const entry = new Entry(world, leaked.plaintext);
      entry.approved = true;
      expect(await entry.finish()).toMatchObject({
        outcome: 'refused',
        reason: 'ambiguous',
        evidence: { owner: null },
      });
      expect(callsOf(world.server, 'POST')).toEqual([]);
      expect(callsOf(world.server, 'PATCH')).toEqual([]);
    },
  );
});

/** A map of salt ids that is older than the database leads to a wrong record. */
async function misled(world: World) {
  const innocent = world.server.createToken('alice');
  const leaked = world.server.createToken('alice');
  world.server.createToken('alice');
  const map = `${leaked.plaintext.slice(0, 8)},${innocent.id}`;
  const entry = new Entry(world.with({ saltIds: map }), leaked.plaintext);
  return { entry, leaked, innocent };
}

it('a revocation is its own where GoCD knows it by another name than it logs in with', async () => {
  const users = USERS.map((user) => (user.admin ? { ...user, login: 'quash@example.com' } : user));
  const world = await startWorld({ server: { users } });
  const { provider } = world.with({ username: 'quash@example.com' });
  const leaked = world.server.createToken('alice');
  expect(await new Entry({ ...world, provider }, leaked.plaintext).finish()).toMatchObject(told('only-one'));
});

describe('when the wrong record was revoked', () => {
  it('raises the alarm, and stops believing in identification', async () => {
    const world = await startWorld();
    const { entry, innocent } = await misled(world);
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

  it('does not take the revocation by the owner at that moment for its own', async () => {
    const world = await startWorld();
    const { entry, leaked, innocent } = await misled(world);
    await entry.step();
    world.onPost(() => {
      world.clock.jump(7_000);
      world.server.revokeByHand(leaked.id);
    });
    expect(await entry.finish()).toMatchObject({
      outcome: 'refused',
      reason: 'wrong-record',
      advice: expect.stringContaining('somebody else had revoked'),
      evidence: { revokedInVain: [{ recordId: innocent.id }] },
    });
  });
});

describe('the calls', () => {
  it('never send a cookie back, so no session hides a use or a revocation', async () => {
    const world = await startWorld({ overSockets: true });
    world.server.createToken('alice');
    const leaked = world.server.createToken('alice');
    await new Entry(world, leaked.plaintext).finish();
    expect(world.server.calls.map((call) => call.cookie)).toEqual(world.server.calls.map(() => undefined));
    expect(world.server.calls.filter((call) => call.auth === 'bearer').length).toBeGreaterThan(50);
    expect(world.server.unexpected).toEqual([]);
  });
});

describe('verify', () => {
  it.each<[string, (server: FakeGocd, id: number) => void, string]>([
    ['alive while it works', () => {}, 'alive'],
    ['dead once it is revoked', (server, id) => server.revokeByHand(id), 'dead'],
    ['unknown while its owner is disabled', (server) => server.setEnabled('alice', false), 'unknown'],
    ['unknown while a plugin fails', (server) => server.setPluginFault('alice', 'roles-failing'), 'unknown'],
  ])('calls the token %s', async (_name, arrange, expected) => {
    const world = await startWorld();
    const { id, plaintext } = world.server.createToken('alice');
    arrange(world.server, id);
    const step = aStep({ kind: 'access-token' });
    expect(await world.provider.verify?.(new Secret(plaintext), step)).toBe(expected);
    expect(await world.provider.verify?.(new Secret(FORGED), step)).toBe('unknown');
  });
});
