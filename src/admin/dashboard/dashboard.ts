/**
 * The dashboard: pages rendered here, without a build step and without anything from elsewhere. They work without
 * script; with it they stay current. Everything but the sign-in needs a session.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import packageJson from '../../../package.json' with { type: 'json' };
import { failureEvent, type Observe } from '../../observe/events.ts';
import { isFaultOfRequest, Problem, toProblem } from '../../server/problem.ts';
import type { Clock } from '../../words/clock.ts';
import { type AdminEnvironment, type AdminSettings, requireRole } from '../access.ts';
import type { BasePath } from '../base-path.ts';
import type { Operations } from '../operations.ts';
import type { Sessions } from '../sessions.ts';
import { assets } from './assets.ts';
import { decideAll, decidedPage, decidedTitle } from './decide-page.ts';
import { AS_OF, asOfOf, type Form, formOf, modeOf, orderOf, reasonOf, refuseForeignPages } from './forms.ts';
import { type Html, page, problemPage } from './layout.ts';
import { LiveStreams } from './live.ts';
import { forgetKey, type Session, sameText, sessionOf } from './session.ts';
import { nextOf, routeSignIn } from './sign-in.ts';
import { createViews, type View } from './views.ts';

export interface DashboardOptions {
  readonly base: BasePath;
  readonly settings: () => AdminSettings;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly observe: Observe;
}

interface Environment {
  Bindings: AdminEnvironment['Bindings'];
  Variables: { session: Session; form: Form };
}

const SIGN_OUT = '/sign-out';
const PAGES = [
  ...(['/', '/revocations', '/revocations/:id', '/decide'] as const),
  ...(['/projects', '/providers', '/notices', '/sessions'] as const),
];
/** Where everybody may act, on what is their own. */
const OWN = [SIGN_OUT, '/sessions/:id/end'] as const;
const GUARDED = [...PAGES, '/revocations/:id/*', '/providers/:id/*', '/notices/:id/*', '/mode', '/live'];

const MAX_FORM_BYTES = 16 * 1024;

/** What an action did, by the word in the address that it leads to: nobody else's text gets there. */
const NOTICES: ReadonlyMap<string | undefined, string> = new Map([
  ['approve', 'Approved. It is revoked now.'],
  ['retry', 'It is tried again now.'],
  ['dismiss', 'Dismissed. The token was erased.'],
  ['pause', 'Paused.'],
  ['resume', 'Resumed.'],
  ['check', 'The credentials were checked.'],
  ['mode', 'The mode is set.'],
  ['send-again', 'It is sent again now; its row says what came of that.'],
  ['end', 'The session has ended.'],
]);

export function createDashboard({
  base,
  settings,
  operations,
  sessions,
  clock,
  observe,
}: DashboardOptions): Hono<Environment> {
  const app = new Hono<Environment>({ strict: false });
  const streams = new LiveStreams(clock);
  const { to } = base;
  const view = createViews({ settings, operations, sessions, clock, to });
  const currentSession = (context: Context) => sessionOf(context, sessions);

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

  routeSignIn(app, { base, settings, sessions, observe, frame });

  const requireSession: MiddlewareHandler<Environment> = async (context, next) => {
    const session = await currentSession(context);
    if (session) {
      context.set('session', session);
      return next();
    }
    if (context.req.method !== 'GET' || context.req.path === '/live') throw new Problem(401, 'Not signed in');
    return context.redirect(to(`/sign-in?next=${encodeURIComponent(pathOf(context, base))}`), 303);
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
  const requireFittingRole: MiddlewareHandler<Environment> = async (context, next) => {
    requireRole(context.get('session').caller, context.req.method);
    return next();
  };
  for (const path of OWN) app.use(path, requireSession, requireOwnForm);
  for (const path of GUARDED) app.use(path, requireSession, requireOwnForm, requireFittingRole);

  app.post(SIGN_OUT, async (context) => {
    const { id, caller } = context.get('session');
    forgetKey(context, { path: base.cookiePath });
    await sessions.end(id, caller);
    return context.redirect(to('/sign-in'), 303);
  });
  app.post('/sessions/:id/end', async (context) => {
    await sessions.end(context.req.param('id'), context.get('session').caller);
    return context.redirect(to('/sessions?did=end'), 303);
  });
  routeActions(app, operations, base);

  for (const path of PAGES) {
    app.get(path, async (context) => {
      const { session } = context.var;
      return context.html(frame(context, base, await view(pathOf(context, base), session), session));
    });
  }
  app.get('/live', (context) => {
    const path = nextOf(base.from(context.req.query('page') ?? ''));
    const { session } = context.var;
    const render = async () => String(await (await view(path, session)).main);
    // Whose role is another one now needs another page.
    const goesOn = async () => (await currentSession(context))?.caller.role === session.caller.role;
    return streams.stream(context, session.caller.id, { render, goesOn });
  });
  // For a person who mistyped an address; tools get the problem document of the port.
  app.get('*', async (context, next) => {
    if (context.req.header('accept')?.includes('text/html')) throw new Problem(404, 'No such page');
    return next();
  });
  app.onError(async (error, context) => {
    if (!isFaultOfRequest(error)) observe(failureEvent('request', error));
    const { message, status, options } = toProblem(error, context.req.method);
    context.status(status);
    for (const [name, value] of Object.entries(options.headers ?? {})) context.header(name, value);
    // The ledger may be what has failed: then nobody knows.
    const session = await currentSession(context).catch(() => null);
    const main = problemPage(options.detail, to, session === undefined);
    return context.html(frame(context, base, { title: message, main }, session ?? undefined));
  });
  return app;
}

/** Whoever comes here has a session and sent a form of it. */
function routeActions(app: Hono<Environment>, operations: Operations, base: BasePath): void {
  const { to } = base;
  for (const action of ['approve', 'retry', 'dismiss'] as const) {
    app.post(`/revocations/:id/${action}`, async (context) => {
      const id = context.req.param('id');
      const { name: by } = context.get('session').caller;
      const form = context.get('form');
      const reason = action === 'dismiss' ? { reason: reasonOf(form) } : {};
      // What is in work changes all the time, and has to end all the same when a person says so.
      const seen = action === 'dismiss' && form[AS_OF] === undefined ? {} : { asOf: asOfOf(form) };
      await operations.decide(id, { action, by, ...reason, ...seen });
      return context.redirect(to(`/revocations/${encodeURIComponent(id)}?did=${action}`), 303);
    });
  }
  app.post('/decide', async (context) => {
    const { session, form } = context.var;
    const by = { by: session.caller.name, asOf: asOfOf(form) };
    const results = { ...(await decideAll(operations, orderOf(form), by)), to: base.to };
    // No redirect, as the results are kept nowhere. A repeat of the form finds nothing left to do.
    const view = { title: decidedTitle(results), main: decidedPage(results) };
    return context.html(frame(context, base, view, session));
  });
  for (const action of ['pause', 'resume', 'check', 'mode'] as const) {
    app.post(`/providers/:id/${action}`, async (context) => {
      const id = context.req.param('id');
      const { name: by } = context.get('session').caller;
      if (action === 'check') await operations.checkCredentials(id, by);
      else if (action === 'mode') await operations.setMode(id, modeOf(context.get('form')), by);
      else await operations.steer(id, action, by);
      return context.redirect(to(`/providers?did=${action}#provider-${encodeURIComponent(id)}`), 303);
    });
  }
  app.post('/notices/:id/send-again', async (context) => {
    await operations.sendAgain(context.req.param('id'), context.get('session').caller.name);
    return context.redirect(to('/notices?did=send-again'), 303);
  });
  app.post('/mode', async (context) => {
    await operations.setGeneralMode(modeOf(context.get('form')), context.get('session').caller.name);
    return context.redirect(to('/providers?did=mode'), 303);
  });
}

function frame(context: Context, base: BasePath, { title, main }: View, session?: Session): Html {
  const path = pathOf(context, base);
  const notice = NOTICES.get(context.req.query('did'));
  return page({ title, path, to: base.to, session, notice, version: packageJson.version }, main);
}

/** The route's path with the query. */
function pathOf({ req }: Context, base: BasePath): string {
  const { pathname, search } = new URL(req.url);
  return base.from(pathname + search);
}
