import { html } from 'hono/html';
import type { ListPage, State } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import type { ProjectState, ProjectStates } from '../project-state.ts';
import { entryRows, type RowNames, type RowsView } from './entry-table.ts';
import { type Html, linkOut, live } from './layout.ts';
import { queryOf } from './query.ts';
import { belowWords, STATE_WORDS } from './words.ts';

export interface ProjectsView {
  readonly page: ProjectStates;
  readonly filter: { readonly project?: string; readonly cursor?: string };
  /** Of the only project that the filter fits, and of the states that are open. */
  readonly entries: ListPage | undefined;
  readonly names: RowNames;
  readonly to: LinkTo;
}

/** How many leaks each project has, and how fast they died; of a single one also its leaks. */
export function projectsPage({ page, filter, entries, names, to }: ProjectsView): Html {
  const { project = '', cursor } = filter;
  const address = (query: object) => to(`/projects?${queryOf(query)}`);
  return html`
    <form method="get" action="${to('/projects')}" class="filters" role="search">
      <label>Project or group <input name="project" value="${project}" autocomplete="off" spellcheck="false"></label>
      <button>Filter</button>
    </form>
    ${live(
      'projects',
      html`${page.projects.length === 0 ? html`<p class="empty">${project === '' ? 'No project has a leak yet: a project stands here from its first report on.' : 'No leak was reported from this project or group.'}</p>` : projectRows(page.projects, to)}
      <p class="pages">
        ${cursor ? html`<a href="${address({ project })}">First</a>` : ''}
        ${page.cursor ? html`<a rel="next" href="${address({ project, cursor: page.cursor })}">More</a>` : ''}
      </p>`,
    )}
    ${entries ? live('list', oneProject(page.projects[0], entries, { names, to })) : ''}`;
}

function projectRows(projects: readonly ProjectState[], to: LinkTo): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Projects"><table>
    <thead><tr><th scope="col">Project</th><th scope="col">Open</th><th scope="col">In work</th><th scope="col">Wait for approval</th><th scope="col">Need a person</th><th scope="col">Closed</th><th scope="col">Time to death</th></tr></thead>
    <tbody>${projects.map(
      ({ project, open, entries, delayMs }) => html`<tr>
        <th scope="row"><a href="${to(`/projects?${queryOf({ project })}`)}">${project}</a></th>
        <td data-label="Open">${open}</td>
        <td data-label="In work">${countOf('queued', entries, project, to)}</td>
        <td data-label="Wait for approval">${countOf('held', entries, project, to)}</td>
        <td data-label="Need a person">${countOf('attention', entries, project, to)}</td>
        <td data-label="Closed">${entries.done + entries.dismissed}</td>
        <td data-label="Time to death">${belowWords(delayMs.median)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

function countOf(state: State, entries: ProjectState['entries'], project: string, to: LinkTo): Html {
  const count = entries[state];
  if (count === 0) return html`0`;
  const name = `${count} of ${project}: ${STATE_WORDS[state]}`;
  return html`<a href="${to(`/revocations?${queryOf({ state, project })}`)}" aria-label="${name}">${count}</a>`;
}

function oneProject(of: ProjectState | undefined, { entries }: ListPage, rows: RowsView): Html {
  const project = of?.project ?? '';
  return html`<h2>Newest leaks</h2>
    ${entries.length === 0 ? html`<p>Nothing here.</p>` : entryRows(entries, rows)}
    <p><a href="${rows.to(`/revocations?${queryOf({ project })}`)}">All its leaks</a>; ${linkOut(project, 'open the project')}</p>`;
}
