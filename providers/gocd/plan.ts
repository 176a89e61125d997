/** What is decided about a token whose record is, or cannot be, told. */
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import { type Case, isSameName } from './case.ts';
import { nextOf, notLetIn, revokedAt } from './ended.ts';
import type { Note, Plan } from './note.ts';
import { handOver, holdBack } from './report.ts';
import type { Use } from './uses.ts';

/**
 * Step of a token whose plan is made: is it still let in? Then revoke, and see what that did to it.
 * @throws {Failure}
 */
export async function carryOut(note: Note, plan: Plan, work: Case): Promise<RevokeResult> {
  const { server, token, step } = work;
  const before = await server.prove(token, step.signal);
  if (before.state === 'revoked') return revokedAt(before.at, note, work);
  if (before.state === 'refused') return notLetIn(note, work);
  if (before.state === 'live') step.sawAlive(server.base);

  const isGuess = plan.why === 'candidates' || plan.why === 'all';
  if (!isGuess) step.prove(plan.why === 'salt-id' ? 'signs-in' : 'one-fits');
  else if (!step.mayActUnproven)
    return finish({ ...note, plan: null }, step, () => hold(note, plan.ids, work));
  const ids = nextOf(plan);
  for (const id of ids) await server.revokeRecord(id, step.signal);
  const after = await server.probe(token, step.signal);
  if (after.state === 'revoked') return revokedAt(after.at, note, work);
  // GoCD looks whether a token is revoked before it looks at anything else: this one is not, or its owner is gone.
  if (after.state === 'refused') return notLetIn(note, work);
  return inVain(note, plan, ids, work);
}

/** The leaked token still works. */
async function inVain(note: Note, plan: Plan, ids: readonly number[], work: Case): Promise<RevokeResult> {
  const { server, step, rules } = work;
  const identified = plan.why !== 'candidates' && plan.why !== 'all';
  const after: Note = {
    ...note,
    plan: null,
    revokedInVain: [...note.revokedInVain, ...ids],
    alarmed: note.alarmed || identified,
  };
  const rest = plan.ids.slice(ids.length);
  if (!identified && rest.length > 0) return carryOutNext(after, { ...plan, ids: rest }, step);
  if (identified) rules.log.warn('wrong record revoked', { server: note.server, recordId: ids[0] ?? 0 });
  const list = await server.list('active', step.signal);
  const candidates = rank(after, list, []);
  return identified
    ? giveUp(after, candidates, work)
    : finish(after, step, () => handOver(after, candidates, undefined));
}

/** The plan is stored before anything is revoked, so that after a crash it is known what Quash may have done. */
export function carryOutNext(note: Note, plan: Plan, step: Step): RevokeResult {
  step.remember({ ...note, burst: null, plan } satisfies Note);
  return { outcome: 'continue', afterMs: 0 };
}

/** The record cannot be told: as far as the operator lets us go, and never when the owner is not known. */
export async function giveUp(note: Note, candidates: readonly number[], work: Case): Promise<RevokeResult> {
  const { step, rules } = work;
  const { ambiguous, maxCandidates } = rules;
  const nobody = () => handOver(note, candidates, undefined);
  if (note.owner === null || ambiguous === 'report') return finish(note, step, nobody);
  if (ambiguous === 'disable-user') return disable(note, note.owner, candidates, work);
  const allowed = Math.max(0, maxCandidates - note.revokedInVain.length);
  const ids = ambiguous === 'revoke-all' ? candidates : candidates.slice(0, allowed);
  if (ids.length === 0) return finish(note, step, nobody);
  if (!step.mayActUnproven) return finish(note, step, () => hold(note, candidates, work));
  return carryOutNext(note, { why: ambiguous === 'revoke-all' ? 'all' : 'candidates', ids: [...ids] }, step);
}

/** Only of the user as whom the token is let in now, and never of our own: that would lock us out. */
async function disable(
  note: Note,
  owner: string,
  candidates: readonly number[],
  work: Case,
): Promise<RevokeResult> {
  const { server, token, step } = work;
  if (isSameName(owner, await server.ownName(step.signal))) {
    return finish(note, step, () => handOver(note, candidates, 'own-user'));
  }
  const probe = await server.prove(token, step.signal);
  if (probe.state === 'revoked') return revokedAt(probe.at, note, work);
  if (probe.state !== 'live') return finish(note, step, () => handOver(note, candidates, undefined));
  step.prove('signs-in');
  const done = await server.disableUser(probe.owner, step.signal);
  return finish(note, step, () => handOver(note, candidates, done ? 'disabled' : 'not-disabled'));
}

function hold(note: Note, candidates: readonly number[], { rules }: Case): RevokeResult {
  return holdBack(note, candidates, rules.ambiguous === 'revoke-all' ? 'revoke-all' : 'revoke-candidates');
}

/** A later try, by a person or by itself, starts with a fresh burst but knows what was there and what was done. */
function finish(note: Note, step: Step, result: () => RevokeResult): RevokeResult {
  step.remember({ ...note, burst: null, anew: 0, plan: null } satisfies Note);
  return result();
}

/**
 * The records that may be it and are not revoked yet, the likeliest first: those that kept up with the probes, then by
 * the newest use. The leaked token was used by us a moment ago, whoever else uses it.
 */
export function rank(note: Note, list: readonly Use[], keptUp: readonly number[]): number[] {
  const seen = new Set(note.seen.map(([id]) => id));
  return list
    .filter(({ id }) => seen.has(id) && !note.revokedInVain.includes(id))
    .sort(
      (a, b) =>
        Number(keptUp.includes(b.id)) - Number(keptUp.includes(a.id)) ||
        (b.lastUsedAt ?? -1) - (a.lastUsedAt ?? -1) ||
        a.id - b.id,
    )
    .map(({ id }) => id);
}
