import { html } from 'hono/html';
import type { Entry } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import { type Html, statusBadge, time } from './layout.ts';
import { queryOf } from './query.ts';
import { outcomeWords } from './words.ts';

/** What the registry knows of an entry. */
export interface RowNames {
  titleOf(provider: string): string;
  /** What else is hit by revoking it; undefined when nothing is. */
  warningOf(entry: Pick<Entry, 'provider' | 'kind'>): string | undefined;
}

export interface RowsView {
  readonly names: RowNames;
  readonly to: LinkTo;
  /** Tells several tables of a page apart. Default "Leaks". */
  readonly label?: string;
}

/** Entries as rows, each with a link to its story. */
export function entryRows(entries: readonly Entry[], { names, to, label = 'Leaks' }: RowsView): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
    <thead><tr><th scope="col">Leak</th><th scope="col">Provider</th><th scope="col">State</th><th scope="col">What became of it</th><th scope="col">Project</th><th scope="col">First reported</th><th scope="col">Reports</th></tr></thead>
    <tbody>${entries.map(
      (entry) => html`<tr>
        <th scope="row"><a id="entry-${entry.id}" href="${to(`/revocations/${entry.id}`)}">${entry.kind} <code>${entry.id.slice(0, 8)}</code></a></th>
        <td data-label="Provider">${names.titleOf(entry.provider)}</td>
        <td data-label="State">${statusBadge(entry)}</td>
        <td data-label="What became of it">${became(entry, names.warningOf(entry))}</td>
        <td data-label="Project">${projects(entry, to)}</td>
        <td data-label="First reported">${time(entry.firstReportedAt)}</td>
        <td data-label="Reports">${entry.reports}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function became({ outcome, dueAt, state }: Entry, warning: string | undefined): Html {
  if (!outcome) return html`${state === 'queued' && dueAt !== null ? 'not yet known' : ''}`;
  const { advice } = outcome;
  return html`${outcomeWords(outcome)}${advice ? html`<br><span class="more">${advice}</span>` : ''}${state === 'held' && warning ? html`<br><strong>If approved:</strong> ${warning}` : ''}`;
}

function projects({ projects: [first, ...others] }: Entry, to: LinkTo): Html {
  if (first === undefined) return html``;
  const path = URL.parse(first)?.pathname.slice(1) ?? first;
  return html`<a href="${to(`/projects?${queryOf({ project: first })}`)}">${path}</a>${others.length > 0 ? ` and ${others.length} more` : ''}`;
}
