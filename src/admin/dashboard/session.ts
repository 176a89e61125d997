/** The session of a browser: its key in a cookie that neither scripts nor other sites get. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { SESSION_MS, type Sessions, type Session as SignedIn } from '../sessions.ts';

export interface Session extends SignedIn {
  /** Has to come with every form: whoever makes a browser send one from elsewhere does not know it. */
  readonly formToken: string;
}

const COOKIE = 'quash_session';

/**
 * @param secure the browser reaches the dashboard by https alone
 * @param path below which the browser sends it
 */
export function keepKey(
  context: Context,
  key: string,
  { secure, path }: { secure: boolean; path: string },
): void {
  setCookie(context, COOKIE, key, {
    ...{ httpOnly: true, sameSite: 'Strict', path, maxAge: SESSION_MS / 1000, secure },
  });
}

export function forgetKey(context: Context, { path }: { path: string }): void {
  deleteCookie(context, COOKIE, { path });
}

/** @returns undefined when nobody is signed in, or no more */
export async function sessionOf(context: Context, sessions: Sessions): Promise<Session | undefined> {
  const key = getCookie(context, COOKIE);
  const session = key && (await sessions.find(key));
  if (!session) return undefined;
  return { ...session, formToken: createHmac('sha256', key).update('form').digest('base64url') };
}

export function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
