/** A ledger remembers the version that brought it to its form, for the one that cannot read it. */
import packageJson from '../../package.json' with { type: 'json' };
import { LedgerError } from './ledger.ts';

/** This one. */
export const VERSION = packageJson.version;

/** @param writer undefined where none is remembered */
export function otherVersion(storage: 'SQLite' | 'Redis', writer: string | undefined): LedgerError {
  const known = writer === undefined ? undefined : `Quash ${writer}`;
  return new LedgerError(
    'unavailable',
    `The ${storage} ledger was written by ${known ?? 'another version of Quash'}, in a form that this one, ${VERSION}, cannot read. Start ${known ? `${known} or a newer one` : 'that version'}, or go back to the backup from before the upgrade.`,
  );
}
