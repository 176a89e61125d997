/** Who is signed in to the dashboard: a cookie that is signed with the admin token itself, and dies with it or at the sign-out. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Authenticator } from '../../server/auth.ts';
import type { AdminRole, Caller } from '../../words/caller.ts';

export interface Session {
  readonly id: string;
  /** When it ends by itself. */
  readonly until: number;
  readonly caller: Caller<AdminRole>;
  /** Has to come with every form: whoever makes a browser send one from elsewhere does not know it. */
  readonly formToken: string;
}

const COOKIE = 'quash_session';
const LIFETIME_MS = 8 * 3_600_000;

/**
 * @param secure the browser reaches the dashboard by https alone
 * @param path below which the browser sends it
 */
export function signIn(
  context: Context,
  {
    caller,
    authenticator,
    now,
    secure,
    path,
  }: {
    caller: Caller<AdminRole>;
    authenticator: Authenticator<AdminRole>;
    now: number;
    secure: boolean;
    path: string;
  },
): void {
  const claim = [caller.id, now + LIFETIME_MS, randomBytes(16).toString('base64url')].join('.');
  const signature = authenticator.sign(caller.id, `session ${claim}`);
  setCookie(context, COOKIE, `${claim}.${signature}`, {
    ...{ httpOnly: true, sameSite: 'Strict', path, maxAge: LIFETIME_MS / 1000, secure },
  });
}

/** Whoever kept the cookie can do nothing with it. */
export async function signOut(
  context: Context,
  { id, until }: Session,
  { ledger, now, path }: { ledger: Pick<Ledger, 'endSession'>; now: number; path: string },
): Promise<void> {
  deleteCookie(context, COOKIE, { path });
  await ledger.endSession(id, { now, until });
}

/** @returns undefined when nobody is signed in, or no more */
export async function sessionOf(
  context: Context,
  {
    authenticator,
    ledger,
    now,
  }: { authenticator: Authenticator<AdminRole>; ledger: Pick<Ledger, 'hasEnded'>; now: number },
): Promise<Session | undefined> {
  const cookie = getCookie(context, COOKIE) ?? '';
  const [id = '', expires = '', nonce = '', signature = ''] = cookie.split('.');
  const claim = [id, expires, nonce].join('.');
  const caller = authenticator.find(id);
  const expected = authenticator.sign(id, `session ${claim}`);
  if (!caller || expected === undefined || !sameText(signature, expected) || !(Number(expires) > now))
    return undefined;
  if (await ledger.hasEnded(nonce)) return undefined;
  return {
    id: nonce,
    until: Number(expires),
    caller,
    formToken: authenticator.sign(id, `form ${claim}`) ?? '',
  };
}

export function sameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
