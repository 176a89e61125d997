/** From an address to what its page shows: the same for the page itself and for its live updates. */
import { isDeepStrictEqual } from 'node:util';
import { html, raw } from 'hono/html';
import { z } from 'zod';
import { STATES, type State } from '../../ledger/entry.ts';
import type { Clock } from '../../words/clock.ts';
import { OUTCOME_KINDS } from '../../words/outcome.ts';
import { printable } from '../../words/printable.ts';
import type { AdminSettings } from '../access.ts';
import type { LinkTo } from '../base-path.ts';
import { given, pathFilter } from '../filter.ts';
import type { Operations } from '../operations.ts';
import type { Sessions } from '../sessions.ts';
import { OVERVIEW_WINDOWS } from '../trend.ts';
import { causesTable, filterOf, MAX_CAUSES } from './causes.ts';
import { decidePage } from './decide-page.ts';
import { entryPage } from './entry-page.ts';
import type { RowNames } from './entry-table.ts';
import { type Form, orderOf } from './forms.ts';
import type { Html } from './layout.ts';
import { type ListFilter, listPage } from './list-page.ts';
import { noticesPage } from './notices-page.ts';
import { overviewPage } from './overview-page.ts';
import { projectsPage } from './projects-page.ts';
import { providersPage } from './providers-page.ts';
import type { Session } from './session.ts';
import { sessionsPage } from './sessions-page.ts';

export interface View {
  readonly title: string;
  readonly main: Html;
}

export interface ViewsOptions {
  readonly settings: () => AdminSettings;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly to: LinkTo;
}

/** Path and query of a page, and who looks at it. Throws a Problem 404 where there is nothing. */
export type ViewOf = (address: string, session: Session) => Promise<View>;

const LIST_PAGE_SIZE = 50;
const OVERVIEW_ROWS = 10;

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).optional().catch(undefined);

const overviewQuery = z.object({ window: z.enum(OVERVIEW_WINDOWS).catch('24h') });

const text = () => z.string().trim().min(1).optional().catch(undefined);

const listQuery = z.object({
  state: oneOf(STATES as [State, ...State[]]),
  outcome: oneOf(OUTCOME_KINDS),
  ...{ provider: text(), reason: text(), project: text(), type: text(), cursor: text() },
  path: pathFilter.optional().catch(undefined),
});

const projectsQuery = z.object({ project: text(), cursor: text() });

const noticesQuery = z.object({ delivered: oneOf(['false']) });

export function createViews({ settings, operations, sessions, clock, to }: ViewsOptions): ViewOf {
  const names: RowNames = {
    titleOf: (provider) => settings().registry.find(provider)?.definition.title ?? provider,
    warningOf: (entry) => operations.warningOf(entry),
  };
  return async (address, session) => {
    const { title, main } = await view(address, session);
    // Entries of earlier versions, and upstreams' evidence, may hold what turns the text beside it.
    return { title, main: raw(printable(String(await main), '\n')) };
  };

  async function view(address: string, session: Session): Promise<View> {
    const { pathname: path, searchParams } = new URL(address, 'http://dashboard');
    const pathname = path.replace(/\/$/, '');
    const query = Object.fromEntries(searchParams);
    if (pathname === '') return overview(query);
    if (pathname === '/revocations') return list(query, session);
    if (pathname === '/decide') return decide(query, session);
    if (pathname === '/projects') return projects(query);
    if (pathname === '/providers') return { title: 'Providers', main: await providers(session) };
    if (pathname === '/notices') return notices(query, session);
    if (pathname === '/sessions') {
      const main = sessionsPage(await sessions.list(session.caller), session);
      return { title: 'Sessions', main };
    }
    const [, id = ''] = /^\/revocations\/([^/]+)$/.exec(pathname) ?? [];
    return entry(id, session);
  }

  async function overview(query: unknown): Promise<View> {
    const { window } = overviewQuery.parse(query);
    const newest = (state: State) => operations.list({ state, limit: OVERVIEW_ROWS });
    const [stats, states, generalMode, attention, held] = await Promise.all([
      operations.overview(window),
      operations.providers(),
      operations.generalMode(),
      newest('attention'),
      newest('held'),
    ]);
    const lists = { attention: attention.entries, held: held.entries };
    const main = overviewPage({
      overview: stats,
      providers: states,
      generalMode,
      ...{ ...lists, names, to },
      now: clock.now(),
    });
    return { title: 'Overview', main };
  }

  async function list(query: unknown, session: Session): Promise<View> {
    const filter = given(listQuery.parse(query));
    const { state, reason, cursor } = filter;
    const isByCause = (state === 'attention' || state === 'held') && !reason && !cursor;
    const [found, states, causes] = await Promise.all([
      operations.list({ ...filter, limit: LIST_PAGE_SIZE }),
      operations.providers(),
      isByCause ? causesOf(filter, session) : html``,
    ]);
    return {
      title: 'Leaks',
      main: listPage({ page: found, filter, providers: states, causes, names, session, to }),
    };
  }

  async function causesOf(
    { state, provider, outcome, project, path, type }: ListFilter,
    session: Session,
  ): Promise<Html> {
    // They are counted over all projects, files and types.
    if ([project, path, type].some((each) => each !== undefined)) return html``;
    const fitting = (await operations.causes()).filter(
      (cause) =>
        cause.state === state &&
        cause.provider === (provider ?? cause.provider) &&
        cause.outcome === (outcome ?? cause.outcome),
    );
    const causes = await Promise.all(
      fitting.slice(0, MAX_CAUSES).map(async (cause) => {
        const { entries } = await operations.list({ ...filterOf(cause), limit: 1 });
        return { ...cause, advice: entries[0]?.outcome?.advice };
      }),
    );
    return causesTable({ causes, more: fitting.length - causes.length, names, session, to });
  }

  async function decide(query: Form, session: Session): Promise<View> {
    const now = clock.now();
    const order = orderOf(query);
    const { project, path, type, ...group } = order.filter;
    const [tried, causes, page] = await Promise.all([
      operations.decideMany({ ...order, by: session.caller.name, dryRun: true }),
      operations.causes(),
      operations.list({ ...order.filter, limit: OVERVIEW_ROWS }),
    ]);
    const fitting = causes.filter((cause) => isDeepStrictEqual({ ...cause, ...group }, cause));
    // They are counted over all projects, files and types.
    const total = [project, path, type].every((each) => each === undefined)
      ? fitting.reduce((sum, { entries }) => sum + entries, 0)
      : undefined;
    const title = order.action === 'approve' ? 'Approve many leaks' : 'Retry many leaks';
    return { title, main: decidePage({ ...order, tried, total, page, names, session, to, now }) };
  }

  async function projects(query: unknown): Promise<View> {
    const filter = given(projectsQuery.parse(query));
    const page = await operations.projects({ ...filter, limit: LIST_PAGE_SIZE });
    const [only, ...others] = page.projects;
    const isOne = only !== undefined && others.length === 0 && filter.project !== undefined;
    const entries = isOne
      ? await operations.list({ project: only.project, limit: LIST_PAGE_SIZE })
      : undefined;
    return {
      title: isOne ? 'Project' : 'Projects',
      main: projectsPage({ page, filter, entries, names, to }),
    };
  }

  async function notices(query: unknown, session: Session): Promise<View> {
    const failedOnly = noticesQuery.parse(query).delivered === 'false';
    const found = await operations.notices({
      ...{ limit: LIST_PAGE_SIZE },
      ...(failedOnly && { delivered: false }),
    });
    const { channels } = settings();
    return { title: 'Notices', main: noticesPage({ notices: found, channels, failedOnly, session, to }) };
  }

  async function entry(id: string, session: Session): Promise<View> {
    const [found, states] = await Promise.all([operations.entry(id), operations.providers()]);
    const main = entryPage({
      provider: states.find((each) => each.id === found.provider),
      ...{ entry: found, session, to, now: clock.now(), warning: names.warningOf(found) },
      providerTitle: names.titleOf(found.provider),
    });
    return { title: `Leak ${found.id.slice(0, 8)}`, main };
  }

  async function providers(session: Session): Promise<Html> {
    const [states, generalMode] = await Promise.all([operations.providers(), operations.generalMode()]);
    return providersPage({ providers: states, generalMode, session, to, now: clock.now() });
  }
}
