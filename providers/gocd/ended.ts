/** The end of a case whose token was revoked: the server says when, or refuses a token that it accepted before. */
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import { type Case, isSameName } from './case.ts';
import type { Note, Plan } from './note.ts';
import { isSameMoment } from './probe.ts';
import type { TokenRecord } from './record.ts';
import { evidenceOf, isoTime, recordFacts, wrongButDead } from './report.ts';

/** The records that this step of a plan revokes. */
export function nextOf({ why, ids }: Plan): readonly number[] {
  return why === 'all' ? ids : ids.slice(0, 1);
}

/**
 * The server says that this very token was revoked, and when. By us only if that is when a record of our plan was.
 * @param at see `Probe`
 * @throws {Failure}
 */
export async function revokedAt(at: number | undefined, note: Note, work: Case): Promise<RevokeResult> {
  const { server, step } = work;
  const planned: TokenRecord[] = [];
  for (const id of note.plan ? nextOf(note.plan) : []) {
    const record = await server.record(id, step.signal);
    if (record) planned.push(record);
  }
  const ours = planned.filter(({ isOurs, revokedAt: utc }) => isOurs && utc !== null);
  const isByLogin = ours.every(({ revokedBy }) => isSameName(revokedBy, server.username));
  const ownName = isByLogin ? server.username : await server.ownName(step.signal);
  const byUs = ours.filter(({ revokedBy }) => isSameName(revokedBy, ownName));
  // Where the time cannot be read, a record that we revoked just now is believed to be the one.
  const itself = byUs.find((record) => at === undefined || isSameMoment(at, record.revokedAt));
  if (itself && note.plan) return byQuash(itself, byUs, note, note.plan);
  if (byUs.length > 0)
    return wrongButDead(
      note,
      byUs.map(({ id }) => id),
    );
  return alreadyInactive({ ...evidenceOf(note), ...(await factsOfRevoked(at, note, work)) });
}

function byQuash(itself: TokenRecord, byUs: readonly TokenRecord[], note: Note, { why }: Plan): RevokeResult {
  // Of several that died in the same second, nobody can tell which one it was.
  const facts =
    byUs.length > 1 ? { records: byUs.map(({ id }) => recordFacts(note, id)) } : recordFacts(note, itself.id);
  return { outcome: 'revoked', proven: true, evidence: { ...evidenceOf(note), identified: why, ...facts } };
}

/** Finds by the time which record it was and who revoked it. A failed call only leaves these facts out. */
async function factsOfRevoked(at: number | undefined, note: Note, { server, step }: Case) {
  try {
    const records = await server.list('revoked', step.signal);
    const [record, ...others] = records.filter(
      ({ revokedAt: utc, username }) =>
        isSameMoment(at, utc) && (note.owner === null || isSameName(username, note.owner)),
    );
    if (!record || others.length > 0) return {};
    const { id, username, revokedBy } = record;
    return { recordId: id, owner: username, revokedBy, revokedAt: isoTime(record.revokedAt) };
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}

/**
 * A token that was known before is not let in, which proves nothing by itself: its owner's plugin may be down. It is dead
 * when each record that may be its own was revoked because the user was deleted: of those GoCD says nothing more.
 * @throws {Failure} `suspended` else
 */
export async function notLetIn(note: Note, { server, step }: Case): Promise<RevokeResult> {
  const seen = new Set(note.seen.map(([id]) => id));
  const all = note.owner === null ? [] : await server.list('all', step.signal);
  const own = all.filter(({ id, username }) => seen.has(id) && isSameName(username, note.owner));
  if (own.length > 0 && own.every(({ isUserDeleted }) => isUserDeleted)) {
    return alreadyInactive({ ...evidenceOf(note), userDeleted: true });
  }
  throw new Failure('suspended', { target: new URL(server.base).origin, status: 401 });
}
