/** What a GoCD server says of a token that is used. The messages are constants of GoCD's source. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export type Probe =
  | { readonly state: 'live'; readonly owner: string }
  /** The server knows the token and it is not revoked, but its owner is not let in now. */
  | { readonly state: 'locked' }
  /** The server fails at this very token: it is not revoked, and its owner's plugin does not know the owner or is down. */
  | { readonly state: 'failing' }
  /** `at`: seconds since the Unix epoch as if the server's zone were UTC; undefined where it cannot be read. */
  | { readonly state: 'revoked'; readonly at: number | undefined }
  /** No such token, or its owner's plugin failed after the token was accepted: it proves nothing. */
  | { readonly state: 'refused' };

export const V1 = 'application/vnd.go.cd.v1+json';

const REFUSED = 'Invalid Personal Access Token.';
const REVOKED = `${REFUSED} Access token was revoked at: `;

/** GoCD compares the token before it says any of these. */
const LOCKED = [
  'Your account has been disabled by the administrator',
  'Can not find authorization configuration ',
  // Of an owner who is not among the users, where only known ones may log in.
  'Please ask the administrator to add you to GoCD',
  'Bearer authentication credentials are not required, since security has been disabled',
];

/** A token that does not exist: a server that fails on this one fails on any, and one that lets it in lets any text in. */
const NOBODYS = new Secret('0'.repeat(40));

export const userSchema = z.object({ login_name: z.string().min(1) });
const saying = (isSaid: (message: string) => boolean) => z.object({ message: z.string().refine(isSaid) });

const ROWS = [
  row([200], userSchema, ({ login_name: owner }): Probe => ({ state: 'live', owner })),
  row(
    [401],
    saying((text) => text === REFUSED),
    { state: 'refused' } satisfies Probe,
  ),
  row(
    [401],
    saying((text) => text.startsWith(REVOKED)),
    ({ message }): Probe => ({ state: 'revoked', at: secondsOf(message.slice(REVOKED.length)) }),
  ),
  row(
    [401],
    saying((text) => LOCKED.some((known) => text.startsWith(known))),
    { state: 'locked' } satisfies Probe,
  ),
];

const WRONG_URL = { statuses: [404], read: () => ({ means: 'wrong-url' as const }) };
const FAILING = { statuses: [500], read: () => ({ means: 'failing' as const }) };

/** Uses the token once, without cookies. @throws {Failure} */
export async function probe(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Probe> {
  const answer = await use(upstream, token, signal);
  if (answer !== 'failing') return answer;
  // Only where another token gets its usual answer is it this one at which the server fails.
  await mustRefuseNobodys(upstream, signal);
  return { state: 'failing' };
}

/** The same where something rests on it: a server that lets any text in shows nothing by that. @throws {Failure} */
export async function prove(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Probe> {
  const seen = await probe(upstream, token, signal);
  if (seen.state === 'live' || seen.state === 'locked') await mustRefuseNobodys(upstream, signal);
  return seen;
}

async function mustRefuseNobodys(upstream: Upstream, signal: AbortSignal): Promise<void> {
  const answer = await use(upstream, NOBODYS, signal);
  if (answer === 'failing') {
    throw new Failure('upstream-error', { target: new URL(upstream.base).origin, status: 500 });
  }
  await mustRefuse(upstream, Promise.resolve(answer.state !== 'refused'));
}

async function use(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Probe | 'failing'> {
  const headers = { accept: V1, authorization: bearer(token) };
  const request = { method: 'GET', path: '/api/current_user', headers, signal } as const;
  const { means, answer } = await ask<AnswerRow<Probe | 'failing' | 'wrong-url'>>(upstream, request, [
    ...ROWS,
    WRONG_URL,
    FAILING,
  ]);
  if (means !== 'wrong-url') return means;
  throw new Failure('misconfigured', { target: new URL(upstream.base).origin, status: answer.status });
}

/** `2026-01-01 00:00:00.123`, in a zone that nobody names. */
function secondsOf(timestamp: string): number | undefined {
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)?$/.exec(timestamp.trim()) ?? [];
  const at = Date.parse(`${date}T${time}Z`);
  return Number.isNaN(at) ? undefined : Math.floor(at / 1000);
}

const QUARTER_S = 15 * 60;
const FARTHEST_ZONE_S = 14 * 60 * 60;

/** Whether a time in an unknown zone, and one in UTC, can be the same: zones lie quarters of an hour apart. */
export function isSameMoment(local: number | undefined, utc: number | null): boolean {
  if (local === undefined || utc === null) return false;
  const apart = Math.abs(local - utc);
  const rest = apart % QUARTER_S;
  return apart <= FARTHEST_ZONE_S + 1 && Math.min(rest, QUARTER_S - rest) <= 1;
}
