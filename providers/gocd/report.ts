/** What a person is told about a case: evidence and advice. */
import { heldUnproven, refused } from '../../src/provider/kit/results.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Evidence } from '../../src/words/outcome.ts';
import type { Note } from './note.ts';

const MAX_CANDIDATES = 20;

const ADVICE = {
  ambiguous:
    'The leaked token works and several tokens of GoCD may be it: ask its owner which one it is and revoke that.',
  'owner-unknown':
    'The leaked token exists but its owner cannot log in now, and several tokens may be it: revoke it before the owner is let in again.',
  disabled:
    'The user was disabled, so the leaked token does not work now: find and revoke it, then enable the user again.',
  'not-disabled':
    'The leaked token works, several tokens may be it, and GoCD did not disable its owner: ask which one it is and revoke that.',
  'own-user':
    'The leaked token belongs to the user whose password Quash uses, whom it will not disable: find out which one it is and revoke that.',
  'wrong-record':
    'Quash revoked a token that was not the leaked one, which still works: find and revoke that one, and give its owner a new token for the other.',
  'wrong-but-dead':
    'Quash revoked a token that was not the leaked one, which somebody else had revoked: give its owner a new token for the one that Quash revoked.',
  'revoke-candidates':
    'Several tokens may be the leaked one, and others would die with it: approve to revoke the likeliest one by one until it is dead.',
  'revoke-all':
    'Several tokens may be the leaked one, and others would die with it: approve to revoke all that may be it.',
} as const;

/** Facts about where the token was found. */
export function evidenceOf(note: Note): Evidence {
  return {
    server: note.server,
    owner: note.owner,
    ...(note.revokedInVain.length > 0 && {
      revokedInVain: note.revokedInVain.map((recordId) => ({ recordId })),
    }),
  };
}

/** One record's id and times; the last use is from before Quash used it. */
export function recordFacts(note: Note, id: number): Readonly<Record<string, string | number | null>> {
  const [, createdAt, lastUsedAt] = note.seen.find(([candidate]) => candidate === id) ?? [];
  return { recordId: id, createdAt: isoTime(createdAt), lastUsedAt: isoTime(lastUsedAt) };
}

/**
 * The case goes to a person.
 * @param candidates ids of the records that may be it, the likeliest first
 */
export function handOver(
  note: Note,
  candidates: readonly number[],
  said: 'disabled' | 'not-disabled' | 'own-user' | undefined,
): RevokeResult {
  const evidence = { ...candidateFacts(note, candidates), userDisabled: said === 'disabled' };
  return refused(note.alarmed ? 'wrong-record' : 'ambiguous', ADVICE[said ?? adviceKey(note)], evidence);
}

/** Waits for an approval to revoke what may be innocent. */
export function holdBack(
  note: Note,
  candidates: readonly number[],
  what: 'revoke-candidates' | 'revoke-all',
): RevokeResult {
  return heldUnproven(true, candidateFacts(note, candidates), ADVICE[what]);
}

/** The leaked token is dead, but another one died for it. */
export function wrongButDead(note: Note, ids: readonly number[]): RevokeResult {
  const revokedInVain = [...new Set([...note.revokedInVain, ...ids])];
  return refused('wrong-record', ADVICE['wrong-but-dead'], evidenceOf({ ...note, revokedInVain }));
}

function candidateFacts(note: Note, candidates: readonly number[]): Evidence {
  return {
    ...evidenceOf(note),
    candidates: candidates.slice(0, MAX_CANDIDATES).map((id) => recordFacts(note, id)),
  };
}

function adviceKey(note: Note): keyof typeof ADVICE {
  if (note.revokedInVain.length > 0) return 'wrong-record';
  return note.owner === null ? 'owner-unknown' : 'ambiguous';
}

export function isoTime(seconds: number | null | undefined): string | null {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;
}
