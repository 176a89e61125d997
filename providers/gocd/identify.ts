/** Finds the record of one leaked token, a step at a time; see `burst.ts` for how. */
import { Failure } from '../../src/provider/failure.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import { listed, probed, startBurst } from './burst.ts';
import { type Case, isSameName, type Look } from './case.ts';
import { notLetIn, revokedAt } from './ended.ts';
import type { Note } from './note.ts';
import { isProbing, leftIn, type Verdict } from './phases.ts';
import { carryOutNext, giveUp, rank } from './plan.ts';
import type { TokenRecord } from './record.ts';
import type { GocdServer } from './server.ts';
import type { Burst } from './uses.ts';

const PROBE_EVERY_MS = 1_000;
const MAX_ANEW = 3;
/** Somebody else's burst for the same owner. */
const TURN_MS = 5_000;

/** Step of a token with no burst under way. @throws {Failure} */
export async function investigate(look: Look, given: Note, work: Case): Promise<RevokeResult> {
  const { server, token, step } = work;
  const { probe, records } = look;
  if (probe.state === 'revoked') return revokedAt(probe.at, given, work);
  if (probe.state === 'live') step.sawAlive(server.base);
  const owner = probe.state === 'live' ? probe.owner : given.owner;
  const pool = suspects(records, given, owner);
  const note = { ...given, owner, seen: given.seen.length > 0 ? given.seen : pool.map(factsOf) };
  if (pool.length === 0 && probe.state === 'refused') return notLetIn(note, work);
  if (pool.length === 0) throw new Failure('unexpected-answer', { target: new URL(server.base).origin });

  const ids = pool.map(({ id }) => id);
  const [only] = ids;
  // A server that fails at the token did not show that it knows it: then its record must follow the probes, too.
  const isAccepted = probe.state === 'live' || probe.state === 'locked';
  const mapped = server.mapped(token);
  // Once a wrong record was revoked, none is believed to be the right one.
  if (note.alarmed || note.anew >= MAX_ANEW) return giveUp(note, rank(note, records, []), work);
  if (isAccepted && mapped !== undefined && ids.includes(mapped)) {
    return carryOutNext(note, { why: 'salt-id', ids: [mapped] }, step);
  }
  if (isAccepted && ids.length === 1 && only !== undefined) {
    return carryOutNext(note, { why: 'only-one', ids: [only] }, step);
  }
  const burst = startBurst(records, ids, look.sentAt);
  return inTurn(note, work, async () => {
    return goingOn(note, probed(burst, look.sentAt, look.receivedAt), step);
  });
}

function suspects(records: readonly TokenRecord[], { seen }: Note, owner: string | null) {
  const known = new Set(seen.map(([id]) => id));
  const inQuestion = records.filter(({ id }) => known.size === 0 || known.has(id));
  return owner === null ? inQuestion : inQuestion.filter(({ username }) => isSameName(username, owner));
}

function factsOf({ id, createdAt, lastUsedAt }: TokenRecord): Note['seen'][number] {
  return [id, createdAt, lastUsedAt];
}

/**
 * It is never put off, but waits within its steps: what is due later comes behind all that is due before, such as a flood of
 * texts that look like tokens, and probes that are far apart tell nothing.
 */
function goingOn(note: Note, burst: Burst, step: Step): RevokeResult {
  step.remember({ ...note, burst } satisfies Note);
  return { outcome: 'continue', afterMs: 0 };
}

/** Step of a token with a burst under way: some probes, or a pause, then the list. @throws {Failure} */
export function goOn(note: Note, burst: Burst, work: Case): Promise<RevokeResult> {
  const { server, step, rules } = work;
  return inTurn(note, work, async () => {
    try {
      const next = isProbing(burst) ? await probeAWhile(note, burst, work) : burst;
      if ('outcome' in next) return next;
      if (!isProbing(burst)) await pause(listEveryMs(server), work);
      const list = await server.list('active', step.signal);
      return await judged(note, listed(next, list, rules.clock.now(), server.flushMs), list, work);
    } catch (error) {
      // When calls fail, as in a restart, uses may be lost: then the lists are no evidence.
      if (error instanceof Failure) step.remember({ ...note, burst: null } satisfies Note);
      throw error;
    }
  });
}

async function probeAWhile(note: Note, burst: Burst, work: Case): Promise<Burst | RevokeResult> {
  const { server, token, step, rules } = work;
  const { clock } = rules;
  await pause(untilProbeMs(burst, clock.now()), work);
  const endAt = clock.now() + listEveryMs(server);
  for (let current = burst; ; ) {
    const sentAt = clock.now();
    const probe = await server.probe(token, step.signal);
    current = probed(current, sentAt, clock.now());
    if (probe.state === 'revoked') return revokedAt(probe.at, note, work);
    if (probe.state === 'live' && note.owner === null) return anew({ ...note, owner: probe.owner }, 0, work);
    const wasLive = step.seenAlive.includes(server.base);
    if (probe.state === 'refused' && !wasLive) return anew({ ...note, anew: note.anew + 1 }, 0, work);
    if (probe.state === 'live') step.sawAlive(server.base);
    if (sentAt + PROBE_EVERY_MS >= endAt) return current;
    await pause(untilProbeMs(current, clock.now()), work);
  }
}

function untilProbeMs({ sentAt }: Burst, now: number): number {
  return sentAt === null ? 0 : Math.min(Math.max(sentAt + PROBE_EVERY_MS - now, 0), PROBE_EVERY_MS);
}

async function pause(ms: number, { step, rules }: Case): Promise<void> {
  await rules.clock.sleep(ms, step.signal);
  step.signal.throwIfAborted();
}

async function judged(
  note: Note,
  { burst, verdict }: { readonly burst: Burst; readonly verdict: Verdict },
  list: readonly TokenRecord[],
  work: Case,
): Promise<RevokeResult> {
  const { server, step, rules } = work;
  const left = leftIn(burst);
  const [id] = left;
  switch (verdict) {
    case 'going-on':
      return goingOn(note, burst, step);
    case 'identified':
      rules.turns.release(note.turn);
      if (id === undefined) throw new Failure('internal');
      return carryOutNext(note, { why: burst.phase === 'confirming' ? 'silence' : 'burst', ids: [id] }, step);
    case 'several-rest':
    case 'nobody-keeps-up': {
      if (note.anew + 1 >= MAX_ANEW) break;
      // Another replica may be probing for another token of this owner, and rest when we do.
      const pauseMs = verdict === 'several-rest' ? rules.random() * 2 * server.flushMs : 0;
      return anew({ ...note, anew: note.anew + 1 }, pauseMs, work);
    }
  }
  rules.turns.release(note.turn);
  return giveUp(note, rank(note, list, left), work);
}

function anew(note: Note, afterMs: number, { step, rules }: Case): RevokeResult {
  rules.turns.release(note.turn);
  step.remember({ ...note, burst: null } satisfies Note);
  return { outcome: 'continue', afterMs: Math.ceil(afterMs) };
}

function inTurn(note: Note, work: Case, go: () => Promise<RevokeResult>): Promise<RevokeResult> {
  const { server, rules } = work;
  const isOurs = rules.turns.take(server.base, note.owner, note.turn, rules.clock.now());
  return isOurs ? go() : Promise.resolve(anew(note, TURN_MS * (1 + rules.random()), work));
}

/** Often enough that a flush is seen soon, and seldom enough for a long list; a step ends well within a lease. */
function listEveryMs({ flushMs }: GocdServer): number {
  return Math.min(Math.max(flushMs / 15, 250), 4_000);
}
