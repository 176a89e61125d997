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
import { Failure } from '../../src/provider/failure.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import {
  ConfigFault,
  type Liveness,
  type ProviderDefinition,
  type RevokeResult,
  type Step,
} from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { connect, isActive, type Server, sendRevocation } from './server.ts';

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

const noteSchema = z.object({ wasActive: z.literal(true) });

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
