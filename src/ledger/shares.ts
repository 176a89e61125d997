/** The names under which both ledgers keep whose turn it is. */
import { hash } from 'node:crypto';
import type { Share } from '../words/share.ts';

export interface ShareKeys {
  readonly group: string;
  /** Unique over all groups. */
  readonly namespace: string;
  /** Unique over all namespaces. */
  readonly project: string;
  /** The namespace, where it may have its share only; else null. */
  readonly limited: string | null;
}

const NO_SHARE: ShareKeys = { group: 'none', namespace: 'none/', project: 'none//', limited: null };

/** The group of a namespace that has nothing fresh: what is tried again does not know of which group it is. */
export const RETRIED = 'retried';

/** Entries that have their time and join the turns of the others, in one claim. */
export const MAX_JOINING = 200;

/**
 * Of what is tried again: in its namespace, by the project where it was found first. Whoever knows a token can have it found
 * once more among any number of others.
 * @param limited as in {@link ShareKeys}
 * @param place the project's name, as both ledgers have it; empty for none
 */
export function retriedKeys(limited: string | null, place: string): ShareKeys {
  const namespace = limited ?? NO_SHARE.namespace;
  return { group: RETRIED, namespace, project: `${namespace}/${RETRIED}/${place}`, limited };
}

/** Long enough that nobody finds a namespace with the key of another one. */
const KEY_LENGTH = 16;

/** Entries of a full share that one claim puts aside, to find one of another share behind them. */
export const MAX_PUT_ASIDE = 1_000;

/** A namespace may have a tenth of what is limited, and one at least. */
export function shareOfLimit(limit: number): number {
  return Math.max(1, Math.floor(limit / 10));
}

/** Remembers what it has computed: most reports of a request come from few projects. */
export function createShareKeys(): (share: Share | undefined) => ShareKeys {
  const known = new Map<string, ShareKeys>();
  return (share) => {
    if (!share) return NO_SHARE;
    const { group, namespace, project } = share;
    const name = [group, namespace, project].join('\n');
    const seen = known.get(name);
    if (seen) return seen;
    const key = keyOf(`${group}\n${namespace}`);
    const keys = { group: keyOf(group), namespace: key, project: keyOf(name), limited: key };
    known.set(name, keys);
    return keys;
  };
}

function keyOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, KEY_LENGTH);
}
