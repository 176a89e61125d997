/**
 * One OAuth 2.0 server, and the calls of one client to it.
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc7009, https://www.rfc-editor.org/rfc/rfc7662
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type AnswerRow, JSON_FIRST as accept, ask, row, textRow } from '../../src/provider/kit/answers.ts';
import { compilePattern } from '../../src/provider/kit/pattern.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Oauth2Config } from './config.ts';

type ServerConfig = Oauth2Config['servers'][number];

interface Endpoint {
  readonly upstream: Upstream;
  readonly path: string;
}

export interface Server {
  readonly kind: TokenKind;
  readonly revocation: Endpoint;
  readonly introspection: Endpoint | undefined;
  readonly client: ServerConfig;
}

/** Anything that may be a token, but for what begins with a scanner's mask. */
const DEFAULT_PATTERN = /(?<![\w.~+/%-])[\w.~+/-]{16,}={0,2}(?![\w.~+/=-])/;

export function connect(client: ServerConfig, tools: Tools): Server {
  const { id, revokeUrl, introspectUrl, types, pattern } = client;
  return {
    kind: {
      id: id ?? new URL(revokeUrl).host,
      types,
      pattern: pattern === undefined ? DEFAULT_PATTERN : compilePattern(pattern),
      effect: 'token',
      possession: 'by-value',
      places: { open: 'Other clients and other servers may have tokens of the same look.' },
      whole: 'open',
      undo: 'no',
    },
    revocation: endpoint(revokeUrl, tools),
    introspection: introspectUrl === undefined ? undefined : endpoint(introspectUrl, tools),
    client,
  };
}

function endpoint(url: string, tools: Tools): Endpoint {
  const { origin, pathname } = new URL(url);
  return { upstream: tools.upstream(origin), path: pathname };
}

/** `foreign`: the client may not revoke it, as it is another one's, or no token at all. */
export type Taken = 'accepted' | 'unsupported' | 'foreign';

const failing = (error: z.ZodType) => z.object({ error });

/** As in https://github.com/KickEngineering/KickDevDocs/issues/94. */
const OK = textRow([200], /^\s*OK\s*$/, 'accepted');
/** As in https://github.com/apifest/apifest-oauth20/issues/64. */
const NOT_DONE = z.object({ revoked: z.literal([false, 'false']) });
const TAKEN = [
  row([400], failing(z.literal('unsupported_token_type')), 'unsupported'),
  // Of a call that is well formed. Keycloak 26.7: `invalid_request`, "Unmatching clients"; and 200 with `invalid_token`.
  row(
    [400],
    failing(z.enum(['invalid_request', 'invalid_token', 'invalid_grant', 'unauthorized_client'])),
    'foreign',
  ),
  row([200], failing(z.literal('invalid_token')).or(NOT_DONE), 'foreign'),
  // The RFC lets clients ignore the body, but a page means that something else answered.
  row([200, 204], 'accepted'),
  OK,
] as const;

/** @throws {Failure} when it is the client's credential that is refused, and not this token of another client */
export async function sendRevocation(server: Server, token: Secret, signal: AbortSignal): Promise<Taken> {
  const means = await post<Taken | 'refused'>(server, server.revocation, { token, signal }, [
    ...TAKEN,
    row([400, 401, 403], failing(z.string()), 'refused'),
  ]);
  if (means !== 'refused') return means;
  await tryRevocation(server, signal);
  return 'foreign';
}

/** A text that is no token: to ask for it, or to revoke it, changes nothing. */
export const NO_TOKEN = new Secret('quash-checks-its-credential');

/** Whether the client's credential is taken. @throws {Failure} */
export function tryRevocation(server: Server, signal: AbortSignal): Promise<Taken> {
  return post<Taken>(server, server.revocation, { token: NO_TOKEN, signal, readOnly: true }, TAKEN);
}

export interface Introspected {
  readonly active: boolean;
  /** Who got it, where that is another client than ours. */
  readonly otherClient?: string;
}

const INTROSPECTED = z.object({ active: z.boolean(), client_id: z.string().optional().catch(undefined) });

export function introspect(
  server: Server,
  at: Endpoint,
  token: Secret,
  signal: AbortSignal,
): Promise<Introspected> {
  return post(server, at, { token, signal, readOnly: true }, [
    row([200], INTROSPECTED, ({ active, client_id: got }) => {
      const isOurs = got === undefined || got === server.client.clientId;
      return { active, ...(!isOurs && { otherClient: got }) };
    }),
  ]);
}

interface Call {
  readonly token: Secret;
  readonly signal: AbortSignal;
  readonly readOnly?: true;
}

async function post<Means>(
  { client }: Server,
  { upstream, path }: Endpoint,
  { token, ...call }: Call,
  rows: readonly AnswerRow<Means>[],
): Promise<Means> {
  const { clientId, clientSecret, clientAuth } = client;
  // Some have nothing but plain text to say of a revocation, so that other formats are taken, too.
  const asBasic = { headers: { accept, authorization: basicAuth(clientId, clientSecret) }, form: { token } };
  const asForm = { headers: { accept }, form: { token, client_id: clientId, client_secret: clientSecret } };
  const request = { method: 'POST', path, ...(clientAuth === 'basic' ? asBasic : asForm), ...call } as const;
  const { means, answer } = await ask<AnswerRow<Means | OfCredential>>(upstream, request, [
    ...rows,
    row([400], failing(z.literal('invalid_client')), 'credential-refused'),
    ofOurs(401, 'credential-refused'),
    ofOurs(403, 'permission-missing'),
  ]);
  if (means !== 'credential-refused' && means !== 'permission-missing') return means as Means;
  throw new Failure(means as OfCredential, { target: upstream.base, status: answer.status });
}

type OfCredential = 'credential-refused' | 'permission-missing';

/** Whatever the body: the client's credential is the only one. */
function ofOurs<const Means>(status: number, means: Means): AnswerRow<Means> {
  return { statuses: [status], read: () => ({ means }) };
}

/** RFC 6749 wants both halves encoded as in a form before they are joined. */
function basicAuth(clientId: string, clientSecret: Secret): Secret {
  const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  return basic(encoded(clientId), new Secret(encoded(clientSecret.reveal())));
}
