/**
 * One OAuth 2.0 server, and the calls of one client to it.
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc7009, https://www.rfc-editor.org/rfc/rfc7662
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { credentialFailure, refused, unexpected } from '../../src/provider/kit/results.ts';
import type { RevokeResult, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Oauth2Config } from './index.ts';

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

const DEFAULT_PATTERN = /(?<![\w.~+/=-])[\w.~+/-]{16,}={0,2}(?![\w.~+/=-])/;

export function connect(client: ServerConfig, tools: Tools): Server {
  const { id, revokeUrl, introspectUrl, types, pattern } = client;
  return {
    kind: {
      id: id ?? new URL(revokeUrl).host,
      types,
      pattern: pattern === undefined ? DEFAULT_PATTERN : new RegExp(pattern),
      effect: 'token',
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

const UNSUPPORTED = refused(
  'unsupported-kind',
  'The OAuth 2.0 server does not revoke this kind of token: wait until it expires, or end the grant of its user by hand.',
);

export async function sendRevocation(
  server: Server,
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const { upstream } = server.revocation;
  const answer = await post(server, server.revocation, token, [200, 204], signal);
  if (answer.status === 400) {
    if (errorOf(answer) === 'unsupported_token_type') return UNSUPPORTED;
    throw unexpected(upstream, answer);
  }
  // The RFC lets clients ignore the body, but a page means that something else answered.
  if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
  return { outcome: 'accepted' };
}

export async function isActive(
  server: Server,
  at: Endpoint,
  token: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await post(server, at, token, [200], signal);
  return answer.json(z.object({ active: z.boolean() })).active;
}

async function post(
  { client }: Server,
  { upstream, path }: Endpoint,
  token: Secret,
  statuses: readonly number[],
  signal: AbortSignal,
): Promise<Answer> {
  const { clientId, clientSecret, clientAuth } = client;
  const asBasic = { headers: { authorization: basicAuth(clientId, clientSecret) }, form: { token } };
  const asForm = { form: { token, client_id: clientId, client_secret: clientSecret } };
  const answer = await upstream.request({
    method: 'POST',
    path,
    ...(clientAuth === 'basic' ? asBasic : asForm),
    statuses: [...statuses, 400, 401, 403],
    signal,
  });
  const isRefused = answer.status === 400 && errorOf(answer) === 'invalid_client';
  if (isRefused) throw new Failure('credential-refused', { target: upstream.base, status: answer.status });
  if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
  return answer;
}

/** RFC 6749 wants both halves encoded as in a form before they are joined. */
function basicAuth(clientId: string, clientSecret: Secret): Secret {
  const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  return basic(encoded(clientId), new Secret(encoded(clientSecret.reveal())));
}

function errorOf(answer: Answer): string | undefined {
  return answer.maybeJson(z.object({ error: z.string() }))?.error;
}
