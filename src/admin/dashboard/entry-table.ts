import { html } from 'hono/html';
import type { Entry } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import { type Html, stateBadge, time } from './layout.ts';
import { queryOf } from './query.ts';
import { outcomeWords } from './words.ts';

/** Entries as rows, each with a link to its story. */
export function entryRows(entries: readonly Entry[], to: LinkTo): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Leaks"><table>
    <thead><tr><th scope="col">Leak</th><th scope="col">Provider</th><th scope="col">State</th><th scope="col">What became of it</th><th scope="col">Project</th><th scope="col">First reported</th><th scope="col">Reports</th></tr></thead>
    <tbody>${entries.map(
      (entry) => html`<tr>
        <th scope="row"><a id="entry-${entry.id}" href="${to(`/revocations/${entry.id}`)}">${entry.kind} <code>${entry.id.slice(0, 8)}</code></a></th>
        <td data-label="Provider">${entry.provider}</td>
        <td data-label="State">${stateBadge(entry.state)}</td>
        <td data-label="What became of it">${became(entry)}</td>
        <td data-label="Project">${projects(entry, to)}</td>
        <td data-label="First reported">${time(entry.firstReportedAt)}</td>
        <td data-label="Reports">${entry.reports}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function became({ outcome, dueAt, state }: Entry): Html {
  if (!outcome) return html`${state === 'queued' && dueAt !== null ? 'not yet known' : ''}`;
  const { advice } = outcome;
  return html`${outcomeWords(outcome)}${advice ? html`<br><span class="more">${advice}</span>` : ''}`;
}

function projects({ projects: [first, ...others] }: Entry, to: LinkTo): Html {
  if (first === undefined) return html``;
  const path = URL.parse(first)?.pathname.slice(1) ?? first;
  return html`<a href="${to(`/projects?${queryOf({ project: first })}`)}">${path}</a>${others.length > 0 ? ` and ${others.length} more` : ''}`;
}
