/**
 * Any OAuth 2.0 server: tokens are revoked by their value (RFC 7009).
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc7009, https://www.rfc-editor.org/rfc/rfc7662; checked 2026-11-21.
 *
 * Quirks:
 * - A revocation is answered with 200 for tokens that never existed, too, so it proves nothing.
 * - `active: false` of the introspection also means "not known" and "none of your business". It is a proof only
 *   about a token that was seen active before.
 * - A client may revoke its own tokens only: Quash needs the credentials of the client that got the token.
 * - Revoking a refresh token may end the access tokens of the same grant, and the other way round.
 * - The types are the operator's own, so `types` is empty here.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { credentialFailure, refused, unexpected } from '../../src/provider/kit.ts';
import {
  ConfigFault,
  type Liveness,
  type ProviderDefinition,
  type RevokeResult,
  type Step,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import { baseUrl, checkOf } from '../../src/provider/tenants.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens')
          .optional()
          .describe('A lasting name; without it the host of revokeUrl.'),
        revokeUrl: baseUrl().describe('The revocation endpoint (RFC 7009).'),
        introspectUrl: baseUrl()
          .optional()
          .describe('The introspection endpoint (RFC 7662); without it nothing proves that a token is dead.'),
        clientId: z.string().min(1).describe('The client to which the tokens were issued.'),
        clientSecret: secretText().describe('Its secret.'),
        clientAuth: z
          .enum(['basic', 'post'])
          .default('basic')
          .describe('How the client shows its secret: in the header Authorization, or in the form.'),
        types: z
          .array(z.string().min(1))
          .min(1)
          .describe('Type strings under which scanners report the tokens.'),
        pattern: z
          .string()
          .refine(isPattern, 'expected a regular expression')
          .optional()
          .describe('A regular expression that the tokens match; needed when there are several servers.'),
      }),
    )
    .default([])
    .describe('OAuth 2.0 servers, each with the tokens of one client.'),
});

export type Oauth2Config = z.output<typeof config>;
type ServerConfig = Oauth2Config['servers'][number];

export const oauth2: ProviderDefinition<Oauth2Config> = {
  id: 'oauth2',
  title: 'OAuth 2.0 server',
  docs: 'https://www.rfc-editor.org/rfc/rfc7009',
  stability: 'beta',
  exactness: 'by value',
  proof: 'introspection, of a token that was active before',
  effect: 'the token; servers may end its whole grant',
  needs: 'the endpoints of each server and the credentials of the client that got the tokens',
  types: [],
  config,
  create({ servers: settings }, tools) {
    settings.forEach((server, index) => {
      // What is not of one server's shape is tried with the next: no server may get to see another one's tokens.
      if (settings.length > 1 && server.pattern === undefined) {
        throw new ConfigFault(
          ['servers', index, 'pattern'],
          'expected a pattern, as there are several servers',
        );
      }
    });
    const servers = settings.map((server) => connect(server, tools));
    const of = ({ kind }: Step): Server => {
      const server = servers.find((each) => each.kind.id === kind);
      if (!server) throw new Failure('internal');
      return server;
    };
    return {
      kinds: servers.map(({ kind }) => kind),
      revoke: (token, step) => revoke(of(step), token, step),
      verify: (token, step) => verify(of(step), token, step),
      check: (signal) => Promise.all(servers.map((server) => check(server, signal))),
    };
  },
};

interface Endpoint {
  readonly upstream: Upstream;
  readonly path: string;
}

interface Server {
  readonly kind: TokenKind;
  readonly revocation: Endpoint;
  readonly introspection: Endpoint | undefined;
  readonly client: ServerConfig;
}

const DEFAULT_PATTERN = /(?<![\w.~+/=-])[\w.~+/-]{16,}={0,2}(?![\w.~+/=-])/;

function connect(client: ServerConfig, tools: Tools): Server {
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

const noteSchema = z.object({ wasActive: z.literal(true) });

const UNSUPPORTED = refused(
  'unsupported-kind',
  'The OAuth 2.0 server does not revoke this kind of token: wait until it expires, or end the grant of its user by hand.',
);

async function revoke(server: Server, token: Secret, step: Step): Promise<RevokeResult> {
  const { introspection } = server;
  // On record before the revocation: after a crash, "inactive" would prove nothing.
  if (introspection && !wasActive(step) && (await isActive(server, introspection, token, step.signal))) {
    step.remember({ wasActive: true });
    return { outcome: 'continue', afterMs: 0 };
  }
  return sendRevocation(server, token, step.signal);
}

async function verify(server: Server, token: Secret, step: Step): Promise<Liveness> {
  if (!server.introspection) return 'unknown';
  if (await isActive(server, server.introspection, token, step.signal)) return 'alive';
  return wasActive(step) ? 'dead' : 'unknown';
}

function wasActive(step: Step): boolean {
  return noteSchema.safeParse(step.note).success;
}

async function sendRevocation(server: Server, token: Secret, signal: AbortSignal): Promise<RevokeResult> {
  const { upstream } = server.revocation;
  const answer = await post(server, server.revocation, token, [200, 204], signal);
  if (answer.status === 400) {
    if (errorOf(answer) === 'unsupported_token_type') return UNSUPPORTED;
    throw unexpected(upstream, answer);
  }
  // The RFC lets clients ignore the body, but a page means that something else answered.
  const isFine = answer.text.trim() === '' || answer.maybeJson(z.json()) !== undefined;
  if (!isFine) throw unexpected(upstream, answer);
  return { outcome: 'accepted' };
}

async function isActive(server: Server, at: Endpoint, token: Secret, signal: AbortSignal): Promise<boolean> {
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

/** A text that is no token: to ask for it, or to revoke it, changes nothing. */
const NO_TOKEN = new Secret('quash-checks-its-credential');

function check(server: Server, signal: AbortSignal) {
  const { introspection, kind } = server;
  const call = () =>
    introspection
      ? isActive(server, introspection, NO_TOKEN, signal)
      : sendRevocation(server, NO_TOKEN, signal);
  return checkOf(`OAuth 2.0 client at ${kind.id}`, call, {
    refused:
      'The server refused the client id or the client secret; it may want clientAuth to be the other way.',
    forbidden: 'The client is not allowed to introspect or revoke tokens.',
  });
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
