import { html } from 'hono/html';
import { type ListPage, STATES, type State } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import type { ProviderState } from '../operations.ts';
import { entryRows } from './entry-table.ts';
import { type Html, live } from './layout.ts';
import { STATE_WORDS } from './words.ts';

interface ListFilter {
  readonly state: State | undefined;
  readonly provider: string | undefined;
  readonly type: string | undefined;
  readonly cursor: string | undefined;
}

export interface ListView {
  readonly page: ListPage;
  readonly filter: ListFilter;
  readonly providers: readonly ProviderState[];
  readonly to: LinkTo;
}

export function listPage({ page, filter, providers, to }: ListView): Html {
  return html`
    <form method="get" action="${to('/revocations')}" class="filters" role="search">
      <label>State <select name="state">${options([['', 'any'], ...STATES.map((state) => [state, STATE_WORDS[state]] as const)], filter.state)}</select></label>
      <label>Provider <select name="provider">${options([['', 'any'], ...providers.map(({ id, title }) => [id, title] as const)], filter.provider)}</select></label>
      <label>Type <input name="type" value="${filter.type ?? ''}" autocomplete="off" spellcheck="false"></label>
      <button>Filter</button>
    </form>
    ${live(
      'list',
      html`${page.entries.length === 0 ? html`<p>Nothing here${page.cursor ? ' so far' : ''}.</p>` : entryRows(page.entries, to)}
    ${pages(page, filter, to)}`,
    )}`;
}

function options(
  choices: readonly (readonly [value: string, name: string])[],
  chosen: string | undefined,
): Html[] {
  return choices.map(
    ([value, name]) =>
      html`<option value="${value}"${value === (chosen ?? '') ? html` selected` : ''}>${name}</option>`,
  );
}

function pages({ cursor }: ListPage, filter: ListFilter, to: LinkTo): Html {
  const address = (of: ListFilter) => to(`/revocations?${queryOf(of)}`);
  return html`<p class="pages">
    ${filter.cursor ? html`<a href="${address({ ...filter, cursor: undefined })}">Newest</a>` : ''}
    ${cursor ? html`<a rel="next" href="${address({ ...filter, cursor })}">Older</a>` : ''}
  </p>`;
}

function queryOf(filter: ListFilter): string {
  const given = Object.entries(filter).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return new URLSearchParams(given).toString();
}
