import { html } from 'hono/html';
import { type ListPage, STATES } from '../../ledger/entry.ts';
import { OUTCOME_KINDS } from '../../words/outcome.ts';
import type { LinkTo } from '../base-path.ts';
import type { ProviderState } from '../operations.ts';
import type { PathFilter } from '../path-filter.ts';
import { entryRows, type RowNames } from './entry-table.ts';
import { firstSteps, type Html, live } from './layout.ts';
import { queryOf } from './query.ts';
import type { Session } from './session.ts';
import { KIND_WORDS, STATE_WORDS } from './words.ts';

/** What the page can be asked for, and where in it. */
export interface ListFilter
  extends Pick<PathFilter, 'state' | 'provider' | 'outcome' | 'reason' | 'project' | 'path' | 'type'> {
  readonly cursor?: string;
}

export interface ListView {
  readonly page: ListPage;
  readonly filter: ListFilter;
  readonly providers: readonly ProviderState[];
  /** Of what waits for a person, where that is listed. */
  readonly causes: Html;
  readonly names: RowNames;
  readonly session: Session;
  readonly to: LinkTo;
}

export function listPage({ page, filter, providers, causes, names, session, to }: ListView): Html {
  const { state, provider, outcome, project = '', path = '', reason = '', type = '' } = filter;
  return html`
    <form method="get" action="${to('/revocations')}" class="filters" role="search">
      <label>State <select name="state">${options(
        STATES.map((each) => [each, STATE_WORDS[each]]),
        state,
      )}</select></label>
      <label>Provider <select name="provider">${options(
        providers.map(({ id, title }) => [id, title]),
        provider,
      )}</select></label>
      <label>Outcome <select name="outcome">${options(
        OUTCOME_KINDS.map((kind) => [kind, KIND_WORDS[kind]]),
        outcome,
      )}</select></label>
      ${field('Project or group', 'project', project)}
      ${field('File or folder', 'path', path)}
      ${field('Reason', 'reason', reason)}
      ${field('Type', 'type', type)}
      <button>Filter</button>
    </form>
    ${live('causes', causes)}
    ${live(
      'list',
      html`${page.entries.length === 0 ? none(page, filter, to) : html`${decideAll(filter, session, to)}${entryRows(page.entries, { names, to })}`}
    ${pages(page, filter, to)}`,
    )}`;
}

function none({ cursor }: ListPage, filter: ListFilter, to: LinkTo): Html {
  if (cursor) return html`<p>Nothing here so far.</p>`;
  const isFiltered = queryOf(filter) !== '';
  return isFiltered
    ? html`<p class="empty">No leak fits this filter. <a href="${to('/revocations')}">Show all leaks</a></p>`
    : firstSteps();
}

/** The way to a decision about all that fit the filter, on this page and on those behind it. */
function decideAll({ cursor: _cursor, ...filter }: ListFilter, { caller }: Session, to: LinkTo): Html {
  const { state } = filter;
  if (caller.role === 'viewer' || (state !== 'held' && state !== 'attention')) return html``;
  const action = state === 'held' ? 'approve' : 'retry';
  return html`<p><a class="button" href="${to(`/decide?${queryOf({ action, ...filter })}`)}">${state === 'held' ? 'Approve' : 'Retry'} all that fit the filter</a></p>`;
}

function field(label: string, name: string, value: string): Html {
  return html`<label>${label} <input name="${name}" value="${value}" autocomplete="off" spellcheck="false"></label>`;
}

function options(
  choices: readonly (readonly [value: string, name: string])[],
  chosen: string | undefined,
): Html[] {
  return [['', 'any'] as const, ...choices].map(
    ([value, name]) =>
      html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${name}</option>`,
  );
}

function pages({ cursor }: ListPage, { cursor: here, ...filter }: ListFilter, to: LinkTo): Html {
  return html`<p class="pages">
    ${here ? html`<a href="${to(`/revocations?${queryOf(filter)}`)}">Newest</a>` : ''}
    ${cursor ? html`<a rel="next" href="${to(`/revocations?${queryOf({ ...filter, cursor })}`)}">Older</a>` : ''}
  </p>`;
}
