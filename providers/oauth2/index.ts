/**
 * Any OAuth 2.0 server: tokens are revoked by their value (RFC 7009).
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc7009, https://www.rfc-editor.org/rfc/rfc7662; checked 2026-11-30, with
 * node-oidc-provider 9.13.3, Authlib 1.9.10, Django OAuth Toolkit 3.4.1, Spring Authorization Server 1.5.8 and Keycloak 26.7.3.
 *
 * Quirks:
 * - A revocation is answered with 200 for tokens that never existed, too, so it proves nothing.
 * - `active: false` of the introspection also means "not known" and "none of your business". It is a proof only
 *   about a token that was seen active before.
 * - A client may revoke its own tokens only: Quash needs the credentials of the client that got the token. What the
 *   server says of others is not standardised. Keycloak has words of its own, see `server.ts`; Spring Authorization Server
 *   says "invalid_client", and Doorkeeper, which is in GitLab, 403, as if the client's credential were refused (their
 *   sources, read 2026-11-29). So that counts only where the same is said of a text that is no token.
 * - Django OAuth Toolkit 3.4.1 takes a revocation of another client's token with 200, and does nothing. Where the introspection
 *   says who got a token, one of another client that is active afterwards goes to a person at once. Its introspection calls no
 *   refresh token active.
 * - Where there is an introspection, a token that it never called active is not done, although its revocation is answered
 *   with 200: that is said of any text. Keycloak calls a token active only for clients of its audience.
 * - Servers on Spring Security OAuth may answer whoever does not ask for JSON in XML, both a look and a refusal
 *   (https://github.com/spring-attic/spring-security-oauth/issues/869 and 1866); RFC 7662 shows the header, too.
 * - Revoking a refresh token may end the access tokens of the same grant, and the other way round.
 * - The types are the operator's own, so `types` is empty here.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { refused, unknownAt } from '../../src/provider/kit/results.ts';
import {
  ConfigFault,
  type Liveness,
  type ProviderDefinition,
  type RevokeResult,
  type Step,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { placeOf, wasActive, wasActiveHereAlone } from './active.ts';
import { config, type Oauth2Config } from './config.ts';
import {
  connect,
  introspect,
  NO_TOKEN,
  type Server,
  sendRevocation,
  type Taken,
  tryRevocation,
} from './server.ts';

export const oauth2: ProviderDefinition<Oauth2Config> = {
  id: 'oauth2',
  title: 'OAuth 2.0 server',
  docs: 'https://www.rfc-editor.org/rfc/rfc7009',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'by value',
  proof: 'introspection, of a token that was active before',
  effect: 'the token; servers may end its whole grant',
  needs: 'the endpoints of each server and the credentials of the client that got the tokens',
  types: [],
  config,
  create({ servers: settings }, tools) {
    settings.forEach((server, index) => {
      // A token goes only to the first server whose pattern it matches: no server may see the tokens of another one.
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
      revoke: (token, step) => sparingTheLane(servers, () => revoke(of(step), token, step)),
      verify: (token, step) => sparingTheLane(servers, () => verify(of(step), token, step)),
      check: (signal) => Promise.all(servers.map((server) => check(server, signal))),
    };
  },
};

const UNSUPPORTED = refused(
  'unsupported-kind',
  'The OAuth 2.0 server does not revoke this kind of token: wait until it expires, or end the grant of its user by hand.',
);
const OTHER_CLIENT = refused(
  'not-permitted',
  'The OAuth 2.0 server calls this token active, but does not let the configured client revoke it: configure the client that got it, and retry.',
);
const FOREIGN =
  'The OAuth 2.0 server does not take this text for a token of the configured client: configure the client that got it and retry, or revoke it by hand.';
const NEVER_ACTIVE =
  'The OAuth 2.0 server was asked to revoke this text and did not refuse, as it would of any, but never called it active: see by hand whether the token works, and whether its client may introspect it.';

/** Of a token that is active, and that another client got. */
const NOTE = z.object({ otherClient: z.string() });

async function revoke(server: Server, token: Secret, step: Step): Promise<RevokeResult> {
  const { introspection } = server;
  if (introspection && !wasActive(server, step)) {
    const { active, otherClient } = await introspect(server, introspection, token, step.signal);
    if (active) {
      if (otherClient !== undefined) step.remember({ otherClient });
      // On record before the revocation: after a crash, "inactive" would prove nothing.
      step.sawAlive(placeOf(server));
      return { outcome: 'continue', afterMs: 0 };
    }
  }
  const taken = await sendRevocation(server, token, step.signal);
  if (taken === 'unsupported') return UNSUPPORTED;
  if (wasActive(server, step)) return endOfActive(taken, server, token, step);
  if (taken === 'foreign') return unknownAt([placeOf(server)], FOREIGN);
  return introspection ? unknownAt([placeOf(server)], NEVER_ACTIVE) : { outcome: 'accepted' };
}

/**
 * Another client's may be left as it is, whatever the server says; and what the server does not revoke any more may have been
 * ended by an earlier attempt, of which the answer was lost. So either is looked at once more.
 */
async function endOfActive(
  taken: Exclude<Taken, 'unsupported'>,
  server: Server,
  token: Secret,
  step: Step,
): Promise<RevokeResult> {
  const isForeign = taken === 'foreign';
  const said: RevokeResult = isForeign ? OTHER_CLIENT : { outcome: 'accepted' };
  const isAnothers = isForeign || NOTE.safeParse(step.note).success;
  if (!server.introspection || !isAnothers) return said;
  const { active, otherClient } = await introspect(server, server.introspection, token, step.signal);
  if (!active) return isForeign ? unknownAt([placeOf(server)], FOREIGN) : said;
  return otherClient === undefined ? said : { ...OTHER_CLIENT, evidence: { client: otherClient } };
}

async function verify(server: Server, token: Secret, step: Step): Promise<Liveness> {
  if (!server.introspection) return 'unknown';
  const { active } = await introspect(server, server.introspection, token, step.signal);
  if (active) return 'alive';
  return wasActiveHereAlone(server, step) ? 'dead' : 'unknown';
}

function check(server: Server, signal: AbortSignal) {
  const { introspection, kind } = server;
  const call = () =>
    introspection ? introspect(server, introspection, NO_TOKEN, signal) : tryRevocation(server, signal);
  return checkOf(`OAuth 2.0 client at ${kind.id}`, call, {
    refused:
      'The server refused the client id or the client secret; it may want clientAuth to be the other way.',
    forbidden: 'The client is not allowed to introspect or revoke tokens.',
  });
}
