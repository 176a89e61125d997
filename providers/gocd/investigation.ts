/**
 * One leaked token on the one server that knows it, a step at a time: identify its record, revoke that, prove it.
 * Each step begins by looking: first the list, then the probe. The probe's answer shows that the token was still
 * active when the list was made, so its record is on the list.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { ProviderLog, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';
import { decide, evaluate, rank, type Window } from './fingerprint.ts';
import type { Note, Plan } from './note.ts';
import { evidenceOf, handOver, recordFacts } from './report.ts';
import type { GocdServer, Probe, TokenRecord } from './server.ts';

/** What to do when the record cannot be told: each goes further than the one before. */
export type Ladder = 'report' | 'disable-user' | 'revoke-candidates' | 'revoke-all';

export interface Rules {
  readonly ambiguous: Ladder;
  /** How many records `revoke-candidates` may revoke in vain for one leaked token. */
  readonly maxCandidates: number;
  readonly log: ProviderLog;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface Look {
  readonly records: readonly TokenRecord[];
  readonly probe: Probe;
}

interface Case {
  readonly server: GocdServer;
  readonly token: Secret;
  readonly step: Step;
  readonly rules: Rules;
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

/** Step of a token whose plan is made: revoke, then see what that did to the leaked token. @throws {Failure} */
export async function carryOut(note: Note, plan: Plan, work: Case): Promise<RevokeResult> {
  const { server, token, step, rules } = work;
  const ids = plan.why === 'all' ? plan.ids : plan.ids.slice(0, 1);
  for (const id of ids) await server.revokeRecord(id, step.signal);
  const probe = await server.probe(token, step.signal);
  if (probe.state === 'unknown') return alreadyInactive(note);
  if (probe.state === 'revoked') return revoked(note, plan, ids);

  const identified = plan.why === 'exact' || plan.why === 'high';
  const after: Note = {
    ...note,
    plan: null,
    revokedInVain: [...note.revokedInVain, ...ids],
    alarmed: note.alarmed || identified,
  };
  if (identified) {
    rules.log.warn('wrong record revoked', { server: note.server, recordId: ids[0] ?? 0 });
    return giveUp(after, rankSeen(after), work);
  }
  const rest = plan.ids.slice(ids.length);
  if (rest.length > 0) return carryOutNext(after, { ...plan, ids: rest }, step);
  return finish(after, rankSeen(after), false, step);
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

/** The plan is stored before anything is revoked, so that after a crash it is known what Quash may have done. */
function carryOutNext(note: Note, plan: Plan, step: Step): RevokeResult {
  step.remember({ ...note, plan } satisfies Note);
  return { outcome: 'continue', afterMs: 0 };
}

/** The record cannot be told: as far as the operator lets us go, and never when the owner is not known. */
async function giveUp(note: Note, candidates: readonly number[], work: Case): Promise<RevokeResult> {
  const { server, step, rules } = work;
  const ladder = note.owner === null ? 'report' : rules.ambiguous;
  if (ladder === 'disable-user' && note.owner !== null) {
    await server.disableUser(note.owner, step.signal);
    return finish(note, candidates, true, step);
  }
  const allowed = candidates.slice(0, Math.max(0, rules.maxCandidates - note.revokedInVain.length));
  if (ladder === 'revoke-candidates' && allowed.length > 0) {
    return carryOutNext(note, { why: 'candidates', ids: allowed }, step);
  }
  if (ladder === 'revoke-all' && candidates.length > 0) {
    return carryOutNext(note, { why: 'all', ids: [...candidates] }, step);
  }
  return finish(note, candidates, false, step);
}

/** A later try, by a person or by itself, starts with fresh rounds but knows what was there and what was done. */
function finish(note: Note, candidates: readonly number[], userDisabled: boolean, step: Step): RevokeResult {
  step.remember({ ...note, probe: null, rounds: [], lost: 0, plan: null } satisfies Note);
  return handOver(note, candidates, userDisabled);
}

/** Without a fresh list: the records in question that are not revoked yet. */
function rankSeen(note: Note): number[] {
  const left = note.seen.filter((record) => !note.revokedInVain.includes(record.id));
  return rank(
    left.map((record) => record.id),
    note.rounds,
    lastUses(left),
  );
}

function lastUses(records: readonly { readonly id: number; readonly lastUsedAt: number | null }[]) {
  return new Map(records.map((record) => [record.id, record.lastUsedAt]));
}

function revoked(note: Note, plan: Plan, ids: readonly number[]): RevokeResult {
  const facts = ids.length === 1 && ids[0] !== undefined ? recordFacts(note, ids[0]) : undefined;
  return {
    outcome: 'revoked',
    proven: true,
    evidence: {
      ...evidenceOf(note),
      identified: plan.why,
      ...(facts ?? { records: ids.map((id) => recordFacts(note, id)) }),
    },
  };
}

function alreadyInactive(note: Note): RevokeResult {
  return { outcome: 'already-inactive', proven: true, evidence: evidenceOf(note) };
}
