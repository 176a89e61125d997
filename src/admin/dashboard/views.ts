/** From an address to what its page shows: the same for the page itself and for its live updates. */
import { raw } from 'hono/html';
import { z } from 'zod';
import { STATES, type State } from '../../ledger/entry.ts';
import type { Clock } from '../../words/clock.ts';
import { printable } from '../../words/printable.ts';
import type { AdminSettings } from '../access.ts';
import type { LinkTo } from '../base-path.ts';
import { type Operations, OVERVIEW_WINDOWS } from '../operations.ts';
import type { Sessions } from '../sessions.ts';
import { entryPage } from './entry-page.ts';
import type { Html } from './layout.ts';
import { listPage } from './list-page.ts';
import { overviewPage } from './overview-page.ts';
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

const listQuery = z.object({
  state: oneOf(STATES as [State, ...State[]]),
  provider: z.string().min(1).optional().catch(undefined),
  type: z.string().trim().min(1).optional().catch(undefined),
  cursor: z.string().min(1).optional().catch(undefined),
});

export function createViews({ settings, operations, sessions, clock, to }: ViewsOptions): ViewOf {
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
    if (pathname === '/revocations') return list(query);
    if (pathname === '/providers') return { title: 'Providers', main: await providers(session) };
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
      ...{ ...lists, to },
      now: clock.now(),
    });
    return { title: 'Overview', main };
  }

  async function list(query: unknown): Promise<View> {
    const filter = {
      state: undefined,
      provider: undefined,
      type: undefined,
      cursor: undefined,
      ...listQuery.parse(query),
    };
    const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const [found, states] = await Promise.all([
      operations.list({ ...given, limit: LIST_PAGE_SIZE }),
      operations.providers(),
    ]);
    return { title: 'Leaks', main: listPage({ page: found, filter, providers: states, to }) };
  }

  async function entry(id: string, session: Session): Promise<View> {
    const found = await operations.entry(id);
    const registered = settings().registry.find(found.provider);
    const kind = registered?.provider?.kinds.find((each) => each.id === found.kind);
    const main = entryPage({
      ...{ entry: found, session, to, now: clock.now(), warning: kind?.warning },
      providerTitle: registered?.definition.title ?? found.provider,
    });
    return { title: `Leak ${found.id.slice(0, 8)}`, main };
  }

  async function providers(session: Session): Promise<Html> {
    const [states, generalMode] = await Promise.all([operations.providers(), operations.generalMode()]);
    return providersPage({ providers: states, generalMode, session, to, now: clock.now() });
  }
}
