/** How both ledgers keep what a vendor told of a token: sealed, as it names persons, and nothing is looked for by it. */
import type { Subject } from '../words/subject.ts';
import type { EntryDetails } from './entry.ts';
import type { LedgerVault } from './vault.ts';

/** @returns undefined when there is nothing to be kept */
export function sealedSubject(
  vault: LedgerVault,
  id: string,
  subject: Subject | undefined,
): string | undefined {
  return subject && vault.sealSubject(id, JSON.stringify(subject));
}

/** @param sealed empty or null where nothing is known */
export function shownSubject(
  vault: LedgerVault,
  id: string,
  sealed: string | null | undefined,
): Pick<EntryDetails, 'subject'> {
  const content = sealed ? vault.openSubject(id, sealed) : undefined;
  return content === undefined ? {} : { subject: JSON.parse(content) as Subject };
}
