/** The calls that are made to one GoCD server. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { probeWindow, type Window } from './fingerprint.ts';

/** One access token as an administrator sees it; times in seconds since the Unix epoch, null for never. */
export interface TokenRecord {
  readonly id: number;
  readonly username: string;
  readonly createdAt: number | null;
  readonly lastUsedAt: number | null;
}

export type Probe =
  | { readonly state: 'live'; readonly owner: string; readonly window: Window }
  /** The server knows the token and it is not revoked, but its owner cannot log in now. */
  | { readonly state: 'locked'; readonly window: Window }
  | { readonly state: 'revoked' }
  /** No such token on this server. */
  | { readonly state: 'unknown' };

export interface GocdServer {
  /** URL with the context path, without a trailing slash. */
  readonly base: string;
  /** How long after its use a token's `last_used_at` is sure to show it. */
  readonly flushMs: number;
  /** Active tokens of all users. @throws {Failure} */
  listActive(signal: AbortSignal): Promise<readonly TokenRecord[]>;
  /** Uses the token once, without cookies. @throws {Failure} */
  probe(token: Secret, signal: AbortSignal): Promise<Probe>;
  /** Also succeeds when the record is revoked already, or gone. @throws {Failure} */
  revokeRecord(id: number, signal: AbortSignal): Promise<void>;
  /** Locks the user out; an administrator can undo it. @throws {Failure} */
  disableUser(name: string, signal: AbortSignal): Promise<void>;
}

const V1 = 'application/vnd.go.cd.v1+json';
const V3 = 'application/vnd.go.cd.v3+json';

const seconds = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000));
const listSchema = z.object({
  _embedded: z.object({
    access_tokens: z.array(
      z.object({
        id: z.int(),
        username: z.string(),
        created_at: seconds.nullish(),
        last_used_at: seconds.nullish(),
      }),
    ),
  }),
});
const userSchema = z.object({ login_name: z.string().min(1) });
const revokedSchema = z.object({ revoked: z.literal(true) });
const messageSchema = z.object({ message: z.string() });

export function createServer(
  upstream: Upstream,
  access: { readonly username: string; readonly password: Secret; readonly flushMs: number },
  clock: Clock,
): GocdServer {
  const asAdmin = async (request: Omit<UpstreamRequest, 'headers'>, accept = V1): Promise<Answer> => {
    const headers = { accept, authorization: basic(access.username, access.password) };
    // GoCD asks for the confirmation only where it wants no JSON body; sending it always is safe with all versions.
    const confirm = request.method === 'GET' ? undefined : { 'x-gocd-confirm': 'true' };
    const statuses = [...request.statuses, 401, 403, 404, 422];
    const answer = await upstream.request({ ...request, statuses, headers: { ...headers, ...confirm } });
    if (answer.status === 401) throw failure('credential-refused', upstream, answer);
    if (answer.status === 403) throw failure('permission-missing', upstream, answer);
    if (answer.status === 422 || isWrongUrl(answer)) throw failure('misconfigured', upstream, answer);
    return answer;
  };

  return {
    base: upstream.base,
    flushMs: access.flushMs,

    async listActive(signal) {
      const query = { filter: 'active' };
      const path = '/api/admin/access_tokens';
      const answer = await asAdmin({ method: 'GET', path, query, statuses: [200], signal });
      const records = answer.json(listSchema)._embedded.access_tokens;
      return records.map((record) => ({
        id: record.id,
        username: record.username,
        createdAt: record.created_at ?? null,
        lastUsedAt: record.last_used_at ?? null,
      }));
    },

    async probe(token, signal) {
      const headers = { accept: V1, authorization: bearer(token) };
      const path = '/api/current_user';
      const sentMs = clock.now();
      const statuses = [200, 401, 404];
      const answer = await upstream.request({ method: 'GET', path, headers, statuses, signal });
      if (answer.status === 404) throw failure('misconfigured', upstream, answer);
      const window = probeWindow(sentMs, clock.now(), answer.header('date'));
      if (answer.status === 401) return refusedProbe(upstream, answer, window);
      return { state: 'live', owner: answer.json(userSchema).login_name, window };
    },

    async revokeRecord(id, signal) {
      const path = `/api/admin/access_tokens/${id}/revoke`;
      const json = { revoke_cause: 'Found in a repository by secret detection; revoked by Quash.' };
      const answer = await asAdmin({ method: 'POST', path, json, statuses: [200, 409], signal });
      if (answer.status === 200) answer.json(revokedSchema);
      else answer.json(messageSchema);
    },

    async disableUser(name, signal) {
      const path = `/api/users/${encodeURIComponent(name)}`;
      const answer = await asAdmin(
        { method: 'PATCH', path, json: { enabled: false }, statuses: [200], signal },
        V3,
      );
      if (answer.status !== 200) throw failure('unexpected-answer', upstream, answer);
    },
  };
}

/** What GoCD says of a token that it does not let in. The messages are constants of GoCD's source. */
function refusedProbe(upstream: Upstream, answer: Answer, window: Window): Probe {
  const message = answer.maybeJson(messageSchema)?.message ?? '';
  if (message === 'Invalid Personal Access Token.') return { state: 'unknown' };
  if (message.startsWith('Invalid Personal Access Token. Access token was revoked at: ')) {
    return { state: 'revoked' };
  }
  const known =
    message === 'Your account has been disabled by the administrator' ||
    message.startsWith('Can not find authorization configuration ') ||
    message.startsWith(
      'Bearer authentication credentials are not required, since security has been disabled',
    );
  if (known) return { state: 'locked', window };
  throw failure('unexpected-answer', upstream, answer);
}

/** A wrong path or context gets a text; what is only not found gets JSON. */
function isWrongUrl(answer: Answer): boolean {
  return answer.status === 404 && answer.maybeJson(messageSchema) === undefined;
}

function failure(code: Failure['code'], upstream: Upstream, answer: Answer): Failure {
  return new Failure(code, { target: new URL(upstream.base).origin, status: answer.status });
}
