/** How both ledgers keep notices: sealed, as they name persons, and apart what a list shows. */
import type { LoggedNotice, NoticeSummary } from './notice.ts';
import type { LedgerVault } from './vault.ts';

export interface SealedNotice {
  readonly summary: string;
  readonly content: string;
}

export function sealedNotice(vault: LedgerVault, { content, ...summary }: LoggedNotice): SealedNotice {
  const { id } = summary;
  return {
    summary: vault.sealNotice(id, JSON.stringify(summary)),
    content: vault.sealNotice(contentOf(id), content),
  };
}

/** @returns undefined when it cannot be opened */
export function openedSummary(vault: LedgerVault, id: string, sealed: string): NoticeSummary | undefined {
  const summary = vault.openNotice(id, sealed);
  return summary === undefined ? undefined : (JSON.parse(summary) as NoticeSummary);
}

/** @returns undefined when it cannot be opened */
export function openedNotice(vault: LedgerVault, id: string, sealed: SealedNotice): LoggedNotice | undefined {
  const summary = openedSummary(vault, id, sealed.summary);
  const content = vault.openNotice(contentOf(id), sealed.content);
  return summary && content !== undefined ? { ...summary, content } : undefined;
}

/** The one is not opened in the place of the other. */
function contentOf(id: string): string {
  return `${id} content`;
}
