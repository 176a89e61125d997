/** The calls that are made to one GoCD server. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { basic, type Upstream, type UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Probe, probe, prove, userSchema, V1 } from './probe.ts';
import { CAUSE, recordSchema, type TokenRecord } from './record.ts';
import { recordOf, type SaltIds } from './salt-ids.ts';

export interface GocdServer {
  /** URL with the context path, without a trailing slash. */
  readonly base: string;
  /** What Quash logs in with; GoCD may know it by another name. */
  readonly username: string;
  /** By what name GoCD knows Quash. @throws {Failure} */
  ownName(signal: AbortSignal): Promise<string>;
  /** How long the server takes at most to write uses of tokens. */
  readonly flushMs: number;
  /** The record that the operator's map has for the token's salt id. */
  mapped(token: Secret): number | undefined;
  /** Tokens of all users. @throws {Failure} */
  list(filter: 'active' | 'revoked' | 'all', signal: AbortSignal): Promise<readonly TokenRecord[]>;
  /** Undefined when there is none. @throws {Failure} */
  record(id: number, signal: AbortSignal): Promise<TokenRecord | undefined>;
  /** Uses the token once. @throws {Failure} */
  probe(token: Secret, signal: AbortSignal): Promise<Probe>;
  /** The same, and where it is let in, whether a text that is no token is not. @throws {Failure} */
  prove(token: Secret, signal: AbortSignal): Promise<Probe>;
  /** Also succeeds when the record is revoked already, or gone. @throws {Failure} */
  revokeRecord(id: number, signal: AbortSignal): Promise<void>;
  /** Locks the user out; an administrator can undo it. @returns false where GoCD will not. @throws {Failure} */
  disableUser(name: string, signal: AbortSignal): Promise<boolean>;
}

/** GoCD pretty-prints some 750 bytes for each token, of all users and in one piece; tokens never expire. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

const V3 = 'application/vnd.go.cd.v3+json';

const listSchema = z.object({ _embedded: z.object({ access_tokens: z.array(recordSchema) }) });
const revokedSchema = z.object({ revoked: z.literal(true) });
const messageSchema = z.object({ message: z.string() });
const securityOff = z.object({
  message: z.string().startsWith('Basic authentication credentials are not required'),
});

/** What GoCD says to any call of an administrator. A wrong path or `Accept` gets a 404 in plain text. */
const REFUSALS: readonly AnswerRow<Failure['code']>[] = [
  row([401], securityOff, 'misconfigured'),
  row([401], 'credential-refused'),
  row([403], 'permission-missing'),
  row([422], 'misconfigured'),
  {
    statuses: [404],
    read: (answer) => (answer.maybeJson(messageSchema) ? undefined : { means: 'misconfigured' }),
  },
];

export function createServer(
  upstream: Upstream,
  access: {
    readonly username: string;
    readonly password: Secret;
    readonly flushMs: number;
    readonly saltIds: SaltIds;
  },
): GocdServer {
  async function asAdmin<Means>(
    request: Omit<UpstreamRequest, 'headers' | 'statuses'>,
    rows: readonly AnswerRow<{ readonly done: Means }>[],
    accept = V1,
  ): Promise<Means> {
    const headers = { accept, authorization: basic(access.username, access.password) };
    // GoCD asks for the confirmation only where it wants no JSON body; sending it always is safe with all versions.
    const confirm = request.method === 'GET' ? undefined : { 'x-gocd-confirm': 'true' };
    const call = { ...request, headers: { ...headers, ...confirm } };
    const { means, answer } = await ask<AnswerRow<{ readonly done: Means } | Failure['code']>>(
      upstream,
      call,
      [...rows, ...REFUSALS],
    );
    if (typeof means === 'object') return means.done;
    throw new Failure(means, { target: new URL(upstream.base).origin, status: answer.status });
  }

  const tokens = '/api/admin/access_tokens';
  return {
    base: upstream.base,
    username: access.username,
    flushMs: access.flushMs,
    mapped: (token) => recordOf(token, access.saltIds),
    probe: (token, signal) => probe(upstream, token, signal),
    prove: (token, signal) => prove(upstream, token, signal),

    ownName: (signal) =>
      asAdmin({ method: 'GET', path: '/api/current_user', signal }, [
        row([200], userSchema, ({ login_name: done }) => ({ done })),
      ]),

    list: (filter, signal) =>
      asAdmin({ method: 'GET', path: tokens, query: { filter }, signal, maxBytes: MAX_LIST_BYTES }, [
        row([200], listSchema, (list) => ({ done: list._embedded.access_tokens })),
      ]),

    record: (id, signal) =>
      asAdmin<TokenRecord | undefined>({ method: 'GET', path: `${tokens}/${id}`, signal }, [
        row([200], recordSchema, (record) => ({ done: record })),
        row([404], messageSchema, { done: undefined }),
      ]),

    revokeRecord: (id, signal) =>
      asAdmin({ method: 'POST', path: `${tokens}/${id}/revoke`, json: { revoke_cause: CAUSE }, signal }, [
        row([200], revokedSchema, { done: undefined }),
        row([404, 409], messageSchema, { done: undefined }),
      ]),

    // A PATCH of the user itself would clear its mail address and aliases, and could disable the last administrator.
    disableUser(name, signal) {
      const json = { users: [name], operations: { enable: false } };
      const call = { method: 'PATCH', path: '/api/users/operations/state', json, signal } as const;
      const rows = [
        row([200], messageSchema, { done: true }),
        row([400, 422], messageSchema, { done: false }),
      ];
      return asAdmin<boolean>(call, rows, V3);
    },
  };
}
