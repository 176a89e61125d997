/** What is decided about a token whose record is, or cannot be, told. */
import type { ProviderLog, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { rank } from './fingerprint.ts';
import type { Note, Plan } from './note.ts';
import { evidenceOf, handOver, recordFacts } from './report.ts';
import type { GocdServer } from './server.ts';

/** What to do when the record cannot be told: each goes further than the one before. */
type Ladder = 'report' | 'disable-user' | 'revoke-candidates' | 'revoke-all';

export interface Rules {
  readonly ambiguous: Ladder;
  /** How many records `revoke-candidates` may revoke in vain for one leaked token. */
  readonly maxCandidates: number;
  readonly log: ProviderLog;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface Case {
  readonly server: GocdServer;
  readonly token: Secret;
  readonly step: Step;
  readonly rules: Rules;
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

/** The plan is stored before anything is revoked, so that after a crash it is known what Quash may have done. */
export function carryOutNext(note: Note, plan: Plan, step: Step): RevokeResult {
  step.remember({ ...note, plan } satisfies Note);
  return { outcome: 'continue', afterMs: 0 };
}

/** The record cannot be told: as far as the operator lets us go, and never when the owner is not known. */
export async function giveUp(note: Note, candidates: readonly number[], work: Case): Promise<RevokeResult> {
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

export function lastUses(records: readonly { readonly id: number; readonly lastUsedAt: number | null }[]) {
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

export function alreadyInactive(note: Note): RevokeResult {
  return { outcome: 'already-inactive', proven: true, evidence: evidenceOf(note) };
}
