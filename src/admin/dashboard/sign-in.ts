/** The ways into the dashboard: by an admin token, and by the issuer of `admin.oidc` where there is one. */
import type { Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Observe } from '../../observe/events.ts';
import { SignInFault } from '../../openid/fault.ts';
import { attempt, type OpenId, type Person, RETURN_PATH } from '../../openid/openid.ts';
import { Problem } from '../../server/problem.ts';
import { type AdminEnvironment, type AdminSettings, addressOf, personCaller, personName } from '../access.ts';
import type { BasePath } from '../base-path.ts';
import type { Sessions } from '../sessions.ts';
import { formOf, refuseForeignPages } from './forms.ts';
import type { Html } from './layout.ts';
import { keepKey } from './session.ts';
import { START_PATH, signedInPage, signInPage } from './sign-in-page.ts';
import type { View } from './views.ts';

interface SignInOptions {
  readonly base: BasePath;
  readonly settings: () => AdminSettings;
  readonly sessions: Sessions;
  readonly observe: Observe;
  readonly frame: (context: Context, base: BasePath, view: View) => Html;
}

/** Comes back from the issuer's pages, where `Strict` would keep it away. */
const ATTEMPT_COOKIE = 'quash_sign_in';
const ATTEMPT_SECONDS = 600;

/** Longer addresses would not fit into a cookie. */
const MAX_NEXT_LENGTH = 1_000;

const keptAttempt = attempt.extend({ next: z.string() });

type KeptAttempt = z.output<typeof keptAttempt>;

export function routeSignIn<Environment extends { Bindings: AdminEnvironment['Bindings'] }>(
  app: Hono<Environment>,
  { base, settings, sessions, observe, frame }: SignInOptions,
): void {
  const { to } = base;
  const ask = (context: Context, next: string, wrong: boolean) => {
    const issuer = settings().openid?.issuer;
    return frame(context, base, { title: 'Sign in', main: signInPage({ wrong, next, issuer, to }) });
  };
  const keep = (context: Context, key: string) =>
    keepKey(context, key, { secure: settings().secureCookies, path: base.cookiePath });
  const openidOf = (): OpenId => {
    const { openid } = settings();
    if (!openid) throw new Problem(404, 'No such path');
    return openid;
  };

  app.get('/sign-in', (context) => context.html(ask(context, nextOf(context.req.query('next')), false)));
  app.post('/sign-in', async (context) => {
    refuseForeignPages(context);
    const form = await formOf(context);
    const { authenticator, limits } = settings();
    const caller = authenticator.authenticate(form.token);
    const next = nextOf(form.next);
    if (caller === undefined) {
      await limits.failedAuth(`admin ${addressOf(context.env)}`);
      return context.html(ask(context, next, true), 401);
    }
    keep(context, await sessions.beginByToken(caller));
    return context.redirect(to(next), 303);
  });

  app.get(START_PATH, async (context) => {
    const begun = await openidOf().begin().catch(refuse);
    const next = nextOf(context.req.query('next'));
    keepAttempt(context, { ...begun.attempt, next }, settings().secureCookies);
    return context.redirect(begun.url, 303);
  });
  app.get(RETURN_PATH, async (context) => {
    const openid = openidOf();
    const { limits, secureCookies } = settings();
    const kept = takeAttempt(context, secureCookies);
    const { search } = new URL(context.req.url);
    try {
      if (!kept) throw new SignInFault('forged');
      const grant = await openid.finish(search, kept);
      const caller = personCaller(openid, grant.person);
      if (!caller) return refuseStranger(grant.person);
      keep(context, await sessions.beginByPerson(grant, caller));
      // A redirect would belong to the issuer's page still, and the new cookie would not be sent along.
      const next = to(kept.next);
      context.header('refresh', `0; url=${next}`);
      return context.html(frame(context, base, { title: 'Signed in', main: signedInPage(next) }));
    } catch (error) {
      if (error instanceof SignInFault && error.isFinal)
        await limits.failedAuth(`admin ${addressOf(context.env)}`);
      return refuse(error);
    }
  });

  function refuse(error: unknown): never {
    if (!(error instanceof SignInFault)) throw error;
    const { code, message, detail } = error;
    observe({ type: 'sign-in-failed', why: code, message: detail });
    throw new Problem(error.isFinal ? 403 : 503, 'Not signed in', {
      detail: `${message} Begin again, or use an admin token.`,
    });
  }

  function refuseStranger(person: Person): never {
    const message = 'Neither the person nor a group of the person stands in admin.oidc.';
    observe({ type: 'sign-in-failed', by: personName(person), why: 'no-role', message });
    throw new Problem(403, 'Not let in', { detail: `You are ${personName(person)}. ${message}` });
  }
}

function keepAttempt(context: Context, kept: KeptAttempt, secure: boolean): void {
  const next = kept.next.length > MAX_NEXT_LENGTH ? '/' : kept.next;
  const value = Buffer.from(JSON.stringify({ ...kept, next })).toString('base64url');
  const options = { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: ATTEMPT_SECONDS } as const;
  // With the prefix, no other host of the site can plant one and sign a person in as somebody else.
  if (secure) setCookie(context, ATTEMPT_COOKIE, value, { ...options, secure, prefix: 'host' });
  else setCookie(context, ATTEMPT_COOKIE, value, options);
}

/** Good for one return alone. */
function takeAttempt(context: Context, secure: boolean): KeptAttempt | undefined {
  const value = secure ? getCookie(context, ATTEMPT_COOKIE, 'host') : getCookie(context, ATTEMPT_COOKIE);
  deleteCookie(context, ATTEMPT_COOKIE, { path: '/', ...(secure && { secure, prefix: 'host' }) });
  try {
    return keptAttempt.parse(JSON.parse(Buffer.from(value ?? '', 'base64url').toString()));
  } catch {
    return undefined;
  }
}

/** Where to go after the sign-in: a path of ours, whatever somebody put into a link. */
export function nextOf(next: string | undefined): string {
  const url = URL.parse(next ?? '', 'http://dashboard');
  // A browser takes what follows two slashes for a host.
  const isOurs = url?.origin === 'http://dashboard' && !url.pathname.startsWith('//');
  return isOurs ? url.pathname + url.search : '/';
}
