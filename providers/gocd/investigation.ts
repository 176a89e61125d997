/**
 * One leaked token on the one server that knows it, a step at a time: identify its record, revoke that, prove it.
 * Each step begins by looking: first the list, then the probe. The probe's answer shows that the token was still
 * active when the list was made, so its record is on the list.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import { decide, evaluate, rank, type Window } from './fingerprint.ts';
import type { Note } from './note.ts';
import { alreadyInactive, type Case, carryOutNext, giveUp, lastUses } from './plan.ts';
import type { Probe, TokenRecord } from './server.ts';

export interface Look {
  readonly records: readonly TokenRecord[];
  readonly probe: Probe;
}

const MAX_ROUNDS = 4;

/** Probes of two leaked tokens of one user must not fall into the same seconds again and again. */
const MAX_JITTER_MS = 30_000;

/** Step of a token whose record is not known yet. @throws {Failure} */
export async function investigate(look: Look, note: Note, work: Case): Promise<RevokeResult> {
  const { probe } = look;
  // The server knew the token in an earlier step, so what it does not know any more is as dead as what is revoked.
  if (probe.state === 'revoked' || probe.state === 'unknown') return alreadyInactive(note);
  const owner = probe.state === 'live' ? probe.owner : note.owner;
  const pool = suspects(look.records, note, owner);
  if (pool.length === 0) throw new Failure('unexpected-answer', { target: new URL(note.server).origin });

  const seen = note.seen.length > 0 ? note.seen : pool.map(({ username: _, ...times }) => times);
  const current = readRound({ ...note, owner, seen }, pool);
  const ids = pool.map((record) => record.id);
  const decision = decide(ids, current.rounds);
  if (decision) return carryOutNext(current, { why: decision.confidence, ids: [decision.id] }, work.step);
  // Once rounds have led to a wrong record, no further ones are believed.
  if (current.alarmed || current.rounds.length + current.lost >= MAX_ROUNDS) {
    return giveUp(current, rank(ids, current.rounds, lastUses(pool)), work);
  }
  return nextRound(current, pool, probe.window, work);
}

function suspects(records: readonly TokenRecord[], note: Note, owner: string | null): readonly TokenRecord[] {
  const seen = new Set(note.seen.map((record) => record.id));
  const inQuestion = records.filter((record) => seen.size === 0 || seen.has(record.id));
  if (owner === null) return inQuestion;
  return inQuestion.filter((record) => record.username.toLowerCase() === owner.toLowerCase());
}

/** Adds what the previous step's probe has shown by now. */
function readRound(note: Note, pool: readonly TokenRecord[]): Note {
  if (!note.probe) return note;
  const round = evaluate(note.probe.window, new Map(note.probe.before), lastUses(pool));
  const next = { ...note, probe: null };
  if (round.used.length === 0) return { ...next, lost: note.lost + 1 };
  return { ...next, rounds: [...note.rounds, { used: [...round.used], hit: [...round.hit] }] };
}

/** The look of this step has used the token: that is the probe of the next round. */
function nextRound(note: Note, pool: readonly TokenRecord[], window: Window, work: Case): RevokeResult {
  const { server, step, rules } = work;
  step.remember({
    ...note,
    probe: { window, before: pool.map((record) => [record.id, record.lastUsedAt]) },
  } satisfies Note);
  // A round without any use may mean that the server writes less often than it should.
  const waitMs = server.flushMs * 2 ** note.lost;
  const jitterMs = rules.random() * Math.min(server.flushMs, MAX_JITTER_MS);
  return { outcome: 'continue', afterMs: Math.ceil(waitMs + jitterMs) };
}
