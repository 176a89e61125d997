/** Why entries wait for a person: one cause may have hundreds of them. */
import { html } from 'hono/html';
import type { Cause, ListPage } from '../../ledger/entry.ts';
import type { OutcomeKind } from '../../words/outcome.ts';
import type { LinkTo } from '../base-path.ts';
import type { Action } from '../decisions.ts';
import { entryRows, type RowNames } from './entry-table.ts';
import { type Html, hidden, live } from './layout.ts';
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

type ManyAction = Exclude<Action, 'dismiss'>;

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

export interface DecideView extends Pick<CausesView, 'names' | 'session' | 'to'> {
  readonly action: ManyAction;
  readonly cause: Cause;
  /** The newest of them. */
  readonly page: ListPage;
}

/** Asks before many are decided about. */
export function decidePage({ action, cause, page, names, session, to }: DecideView): Html {
  const fields = Object.entries({ action, ...filterOf(cause) });
  const question = action === 'approve' ? 'Approve' : 'Retry';
  return html`
    ${live(
      'question',
      html`<p class="headline"><strong>${names.titleOf(cause.provider)}: ${why(cause)}</strong></p>
      ${cause.entries === 0 ? html`<p>None of them is left.</p>` : html`<p>${question} all ${cause.entries} of these? ${action === 'approve' ? 'Each of them is revoked then, as soon as its provider lets it.' : 'Each of them is tried again at once.'}</p>`}`,
    )}
    ${
      session.caller.role === 'viewer' || cause.entries === 0
        ? ''
        : html`<form method="post" action="${to('/decide')}">${hidden(session)}
      ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
      <button id="decide" class="primary">${question} all ${cause.entries}</button></form>`
    }
    ${page.entries.length === 0 ? '' : html`<h2>The newest of them</h2>${entryRows(page.entries, { names, to })}`}`;
}
