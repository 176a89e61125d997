/** What is said of an entry to those whose secret it was. It holds nothing that a committer wrote. */
import type { AnnouncementKind } from '../ledger/announcement.ts';
import type { EntryDetails, State } from '../ledger/entry.ts';
import type { Outcome } from '../words/outcome.ts';

export interface Verdict {
  /** Tells it from what was said before, e.g. `revoked-proven`. */
  readonly key: string;
  readonly sentence: string;
  /** An answer of the provider said that the token no longer works. */
  readonly isProvenDead: boolean;
}

type Told = Pick<EntryDetails, 'state' | 'outcome'>;

const PROVEN = '-proven';

/** What goes on after a secret was found to work again. */
const AGAIN: Readonly<Partial<Record<State, string>>> = {
  queued: 'Quash works on it again.',
  held: 'Quash revokes it again once a person approves.',
};

/** By how the entry is now, as it may have changed since the announcement. Undefined when there is nothing to say. */
export function verdictOf({ state, outcome }: Told, announced: AnnouncementKind): Verdict | undefined {
  const again = announced === 'alive-again' ? AGAIN[state] : undefined;
  if (again !== undefined) {
    const sentence = `This secret works, although it was taken for dead. ${again}`;
    return { key: 'alive-again', sentence, isProvenDead: false };
  }
  if (!outcome) return undefined;
  if (state === 'attention') return needsPerson(outcome);
  return state === 'done' ? ended(outcome) : undefined;
}

/** Whether a verdict of this key was one of a proven death. */
export function toldProvenDead(key: string | undefined): boolean {
  return key?.endsWith(PROVEN) ?? false;
}

export interface Standing {
  readonly sentence: string;
  /** The secret may still work, and somebody has to do something, or Quash has. */
  readonly isOpen: boolean;
}

const STANDINGS: Readonly<Record<Exclude<State, 'done'>, Standing>> = {
  queued: { sentence: 'Quash works on it, and it may still work.', isOpen: true },
  held: { sentence: 'It may still work: Quash revokes it once a person approves.', isOpen: true },
  attention: { sentence: 'Quash could not revoke it by itself, and it may still work.', isOpen: true },
  dismissed: { sentence: 'A person decided that nothing is to be done about it.', isOpen: false },
};
const LEFT_ALONE: Standing = { sentence: 'Quash has not revoked it: it may still work.', isOpen: true };

/** How an entry stands now, whatever was announced. */
export function standingOf({ state, outcome }: Told): Standing {
  if (state !== 'done') return STANDINGS[state];
  const verdict = outcome ? ended(outcome) : undefined;
  return verdict ? { sentence: verdict.sentence, isOpen: false } : LEFT_ALONE;
}

function needsPerson({ kind, reason, advice }: Outcome): Verdict {
  const what = 'Quash could not revoke this secret by itself, and it may still work.';
  return {
    key: ['attention', kind, reason].filter(Boolean).join('-'),
    sentence: advice === undefined ? what : `${what} ${advice}`,
    isProvenDead: false,
  };
}

const DEATH_SENTENCES = {
  revoked: {
    proven: 'Quash revoked this secret. Its provider says that it no longer works.',
    unproven: 'Quash revoked this secret. Its provider offers no proof of it.',
  },
  'already-inactive': {
    proven:
      'This secret was not active any more when Quash looked. Its provider says that it no longer works.',
    unproven: 'Nobody whom Quash asked knows this secret. It is taken for dead, without proof.',
  },
} as const;

function ended({ kind, verified }: Outcome): Verdict | undefined {
  switch (kind) {
    case 'revoked':
    case 'already-inactive': {
      const { proven, unproven } = DEATH_SENTENCES[kind];
      return {
        key: verified ? `${kind}${PROVEN}` : kind,
        sentence: verified ? proven : unproven,
        isProvenDead: verified,
      };
    }
    case 'accepted':
      return {
        key: kind,
        sentence: 'The provider took the revocation of this secret, but gives no proof of it.',
        isProvenDead: false,
      };
    case 'expires':
      return {
        key: kind,
        sentence: 'This secret cannot be revoked; it expires by itself soon.',
        isProvenDead: false,
      };
    default:
      return undefined;
  }
}
