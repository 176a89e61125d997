/**
 * The dashboard: pages rendered here, without a build step and without anything from elsewhere. They work without
 * script; with it they stay current. Everything but the sign-in needs a session.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Clock } from '../../clock.ts';
import { failureEvent, type Observe } from '../../events.ts';
import { isFaultOfRequest, Problem, toProblem } from '../../http/problem.ts';
import { STATES, type State } from '../../ledger/ledger.ts';
import { type AdminEnvironment, type AdminSettings, addressOf } from '../access.ts';
import { type Operations, OVERVIEW_WINDOWS } from '../operations.ts';
import { assets } from './assets.ts';
import { entryPage } from './entry-page.ts';
import { type Html, page, problemPage } from './layout.ts';
import { listPage } from './list-page.ts';
import { LiveStreams } from './live.ts';
import { overviewPage } from './overview-page.ts';
import { providersPage } from './providers-page.ts';
import { type Session, sameText, sessionOf, signIn, signOut } from './session.ts';
import { signInPage } from './sign-in-page.ts';

export interface DashboardOptions {
  readonly settings: () => AdminSettings;
  readonly operations: Operations;
  readonly clock: Clock;
  readonly observe: Observe;
}

interface Environment {
  Bindings: AdminEnvironment['Bindings'];
  Variables: { session: Session; form: Readonly<Record<string, string>> };
}

interface View {
  readonly title: string;
  readonly main: Html;
}

const PAGES = ['/', '/revocations', '/revocations/:id', '/providers'] as const;
const GUARDED = [...PAGES, '/revocations/:id/*', '/providers/:id/*', '/mode', '/sign-out', '/live'];

const MAX_FORM_BYTES = 16 * 1024;
const LIST_PAGE_SIZE = 50;
const OVERVIEW_ROWS = 10;

/** What an action did, by the word in the address that it leads to: nobody else's text gets there. */
const NOTICES: ReadonlyMap<string | undefined, string> = new Map([
  ['approve', 'Approved. It is revoked now.'],
  ['retry', 'It is tried again now.'],
  ['dismiss', 'Dismissed. The token was erased.'],
  ['pause', 'Paused.'],
  ['resume', 'Resumed.'],
  ['check', 'The credentials were checked.'],
  ['mode', 'The mode is set.'],
]);

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values).optional().catch(undefined);

const overviewQuery = z.object({ window: z.enum(OVERVIEW_WINDOWS).catch('24h') });

const listQuery = z.object({
  state: oneOf(STATES as [State, ...State[]]),
  provider: z.string().min(1).optional().catch(undefined),
  type: z.string().trim().min(1).optional().catch(undefined),
  cursor: z.string().min(1).optional().catch(undefined),
});

export function createDashboard({
  settings,
  operations,
  clock,
  observe,
}: DashboardOptions): Hono<Environment> {
  const app = new Hono<Environment>({ strict: false });
  const streams = new LiveStreams(clock);
  const currentSession = (context: Context) =>
    sessionOf(context, { authenticator: settings().authenticator, now: clock.now() });

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
    }),
  );
  app.route('/assets', assets());
  app.use(async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  app.use(
    bodyLimit({
      maxSize: MAX_FORM_BYTES,
      onError: () => {
        throw new Problem(413, 'The form is too large', { headers: { connection: 'close' } });
      },
    }),
  );

  app.get('/sign-in', (context) =>
    context.html(
      frame(context, {
        title: 'Sign in',
        main: signInPage({ wrong: false, next: nextOf(context.req.query('next')) }),
      }),
    ),
  );
  app.post('/sign-in', async (context) => {
    refuseForeignPages(context);
    const form = await formOf(context);
    const { authenticator, limits, secureCookies } = settings();
    const caller = authenticator.authenticate(form.token);
    const next = nextOf(form.next);
    if (caller === undefined) {
      await limits.failedAuth(`admin ${addressOf(context.env)}`);
      return context.html(frame(context, { title: 'Sign in', main: signInPage({ wrong: true, next }) }), 401);
    }
    signIn(context, { caller, authenticator, now: clock.now(), secure: secureCookies });
    return context.redirect(next, 303);
  });

  const requireSession: MiddlewareHandler<Environment> = async (context, next) => {
    const session = currentSession(context);
    if (session) {
      context.set('session', session);
      return next();
    }
    if (context.req.method !== 'GET' || context.req.path === '/live') throw new Problem(401, 'Not signed in');
    return context.redirect(`/sign-in?next=${encodeURIComponent(pathOf(context.req.url))}`, 303);
  };
  const requireOwnForm: MiddlewareHandler<Environment> = async (context, next) => {
    if (context.req.method !== 'POST') return next();
    refuseForeignPages(context);
    const form = await formOf(context);
    if (!sameText(form['form-token'] ?? '', context.get('session').formToken))
      throw new Problem(403, 'The form is not of this session', {
        detail: 'Go back, load the page again and repeat it.',
      });
    context.set('form', form);
    return next();
  };
  for (const path of GUARDED) app.use(path, requireSession, requireOwnForm);

  app.post('/sign-out', (context) => {
    signOut(context);
    return context.redirect('/sign-in', 303);
  });
  for (const action of ['approve', 'retry', 'dismiss'] as const) {
    app.post(`/revocations/:id/${action}`, async (context) => {
      const id = context.req.param('id');
      const { caller } = context.get('session');
      if (action === 'dismiss') await operations.dismiss(id, reasonOf(context.get('form')), caller);
      else await operations.requeue(id, action, caller);
      return context.redirect(`/revocations/${encodeURIComponent(id)}?did=${action}`, 303);
    });
  }
  for (const action of ['pause', 'resume', 'check', 'mode'] as const) {
    app.post(`/providers/:id/${action}`, async (context) => {
      const id = context.req.param('id');
      const { caller } = context.get('session');
      if (action === 'check') await operations.checkCredentials(id, caller);
      else if (action === 'mode') await operations.setMode(id, modeOf(context.get('form')), caller);
      else await operations.steer(id, action, caller);
      return context.redirect(`/providers?did=${action}#provider-${encodeURIComponent(id)}`, 303);
    });
  }
  app.post('/mode', async (context) => {
    await operations.setGeneralMode(modeOf(context.get('form')), context.get('session').caller);
    return context.redirect('/providers?did=mode', 303);
  });

  for (const path of PAGES) {
    app.get(path, async (context) => {
      const { session } = context.var;
      return context.html(frame(context, await view(pathOf(context.req.url), session), session));
    });
  }
  app.get('/live', (context) => {
    const path = nextOf(context.req.query('page'));
    const { session } = context.var;
    const render = async () => String(await (await view(path, session)).main);
    return streams.stream(context, render, () => currentSession(context) !== undefined);
  });
  app.onError((error, context) => {
    if (!isFaultOfRequest(error)) observe(failureEvent('request', error));
    const { message, status, options } = toProblem(error);
    const main = problemPage(options.detail);
    context.status(status);
    for (const [name, value] of Object.entries(options.headers ?? {})) context.header(name, value);
    return context.html(frame(context, { title: message, main }, currentSession(context)));
  });
  return app;

  async function view(address: string, session: Session): Promise<View> {
    const { pathname: path, searchParams } = new URL(address, 'http://dashboard');
    const pathname = path.replace(/\/$/, '');
    const query = Object.fromEntries(searchParams);
    if (pathname === '') return overview(query);
    if (pathname === '/revocations') return list(query);
    if (pathname === '/providers') return { title: 'Providers', main: await providers(session) };
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
      ...lists,
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
    return { title: 'Leaks', main: listPage({ page: found, filter, providers: states }) };
  }

  async function entry(id: string, session: Session): Promise<View> {
    const found = await operations.entry(id);
    const registered = settings().registry.find(found.provider);
    const kind = registered?.provider?.kinds.find((each) => each.id === found.kind);
    const main = entryPage({
      ...{ entry: found, session, now: clock.now(), warning: kind?.warning },
      providerTitle: registered?.definition.title ?? found.provider,
    });
    return { title: `Leak ${found.id.slice(0, 8)}`, main };
  }

  async function providers(session: Session): Promise<Html> {
    const [states, generalMode] = await Promise.all([operations.providers(), operations.generalMode()]);
    return providersPage({ providers: states, generalMode, session, now: clock.now() });
  }
}

function frame(context: Context, { title, main }: View, session?: Session): Html {
  const path = pathOf(context.req.url);
  const notice = NOTICES.get(context.req.query('did'));
  return page({ title, path, session, notice, version: packageJson.version }, main);
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Where to go after the sign-in: a path of ours, whatever somebody put into a link. */
function nextOf(next: string | undefined): string {
  const url = URL.parse(next ?? '', 'http://dashboard');
  // A browser takes what follows two slashes for a host.
  const isOurs = url?.origin === 'http://dashboard' && !url.pathname.startsWith('//');
  return isOurs ? url.pathname + url.search : '/';
}

/** Browsers say where a form comes from. A second lock beside the cookie's `SameSite` and the form's token. */
function refuseForeignPages(context: Context): void {
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem(403, 'The form comes from another page');
}

async function formOf(context: Context): Promise<Readonly<Record<string, string>>> {
  const form = await context.req.parseBody().catch(() => {
    throw new Problem(400, 'The form cannot be read');
  });
  const texts = Object.entries(form).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(texts);
}

function reasonOf(form: Readonly<Record<string, string>>): string {
  const parsed = z.string().trim().min(1).max(500).safeParse(form.reason);
  if (!parsed.success) throw new Problem(400, 'A reason of 1 to 500 characters is needed');
  return parsed.data;
}

function modeOf(form: Readonly<Record<string, string>>) {
  const parsed = z.enum(['revoke', 'hold', 'dry-run', '']).safeParse(form.mode);
  if (!parsed.success) throw new Problem(400, 'Unknown mode');
  return parsed.data === '' ? null : parsed.data;
}
