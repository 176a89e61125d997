/** What a person is told about a case: evidence and advice. */

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
  'wrong-record':
    'Quash revoked a token that was not the leaked one, which still works: find and revoke that one, and give its owner a new token for the other.',
} as const;

/** Facts about where the token was found; times are from before Quash used it. */
export function evidenceOf(note: Note): Evidence {
  return {
    server: note.server,
    owner: note.owner,
    rounds: note.rounds.length,
    ...(note.revokedInVain.length > 0 && {
      revokedInVain: note.revokedInVain.map((recordId) => ({ recordId })),
    }),
  };
}

/** One record's id and times. */
export function recordFacts(note: Note, id: number): Readonly<Record<string, string | number | null>> {
  const record = note.seen.find((candidate) => candidate.id === id);
  return {
    recordId: id,
    createdAt: isoTime(record?.createdAt),
    lastUsedAt: isoTime(record?.lastUsedAt),
  };
}

/**
 * The case goes to a person.
 * @param candidates ids of the records that may be it, the likeliest first
 */
export function handOver(note: Note, candidates: readonly number[], userDisabled: boolean): RevokeResult {
  return {
    outcome: 'refused',
    reason: note.alarmed ? 'wrong-record' : 'ambiguous',
    advice: ADVICE[adviceKey(note, userDisabled)],
    evidence: {
      ...evidenceOf(note),
      userDisabled,
      candidates: candidates.slice(0, MAX_CANDIDATES).map((id) => recordFacts(note, id)),
    },
  };
}

function adviceKey(note: Note, userDisabled: boolean): keyof typeof ADVICE {
  if (userDisabled) return 'disabled';
  if (note.revokedInVain.length > 0) return 'wrong-record';
  return note.owner === null ? 'owner-unknown' : 'ambiguous';
}

function isoTime(seconds: number | null | undefined): string | null {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;
}
