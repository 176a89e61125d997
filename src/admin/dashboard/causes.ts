/** Why entries wait for a person: one cause may have hundreds of them. */
import { html } from 'hono/html';
import type { Cause } from '../../ledger/entry.ts';
import type { OutcomeKind } from '../../words/outcome.ts';
import type { LinkTo } from '../base-path.ts';
import type { RowNames } from './entry-table.ts';
import type { ManyAction } from './forms.ts';
import type { Html } from './layout.ts';
import { queryOf } from './query.ts';
import type { Session } from './session.ts';
import { outcomeWords } from './words.ts';

/** More are seldom looked at, and each costs a look into the ledger. */
export const MAX_CAUSES = 10;

interface ShownCause extends Cause {
  /** What its newest entry says that a person should do. */
  readonly advice: string | undefined;
}

export interface CausesView {
  /** Most entries first. */
  readonly causes: readonly ShownCause[];
  /** How many causes are not shown. */
  readonly more: number;
  readonly names: RowNames;
  readonly session: Session;
  readonly to: LinkTo;
}

const ALL_WORDS: Readonly<Record<ManyAction, string>> = { retry: 'Retry all', approve: 'Approve all' };

export function causesTable({ causes, more, names, session, to }: CausesView): Html {
  if (causes.length === 0) return html``;
  const isViewer = session.caller.role === 'viewer';
  return html`<h2>By cause</h2>
  <div class="scroll" tabindex="0" role="region" aria-label="Causes"><table>
    <thead><tr><th scope="col">Provider</th><th scope="col">Why</th><th scope="col">Leaks</th>${isViewer ? '' : html`<th scope="col">Decide</th>`}</tr></thead>
    <tbody>${causes.map((cause) => {
      const query = queryOf(filterOf(cause));
      const action = cause.state === 'held' ? 'approve' : 'retry';
      const name = `${ALL_WORDS[action]} ${cause.entries}`;
      return html`<tr>
        <th scope="row"><a href="${to(`/revocations?${query}`)}">${names.titleOf(cause.provider)}</a></th>
        <td data-label="Why">${why(cause)}${cause.advice ? html`<br><span class="more">${cause.advice}</span>` : ''}</td>
        <td data-label="Leaks">${cause.entries}</td>
        ${isViewer ? '' : html`<td data-label="Decide"><a href="${to(`/decide?action=${action}&${query}`)}" aria-label="${name} of ${names.titleOf(cause.provider)}: ${why(cause)}">${name}</a></td>`}
      </tr>`;
    })}</tbody>
  </table></div>
  ${more > 0 ? html`<p class="more">${more} rarer ones are not shown.</p>` : ''}
  <h2>Newest</h2>`;
}

/** What all of its entries fit. */
export function filterOf({ state, provider, outcome, reason }: Omit<Cause, 'entries'>) {
  const kind = outcome as OutcomeKind;
  return { state, provider, outcome: kind, ...(reason !== '' && { reason }) };
}

function why({ outcome, reason }: Pick<Cause, 'outcome' | 'reason'>): string {
  const kind = outcome as OutcomeKind;
  return outcomeWords({ kind, verified: false, ...(reason !== '' && { reason }) });
}
