/**
 * Persons by OpenID Connect: the authorization code flow with PKCE, state and nonce, each ID token's signature checked.
 *
 * Docs: https://openid.net/specs/openid-connect-core-1_0.html, and of GitLab as the issuer
 * https://docs.gitlab.com/integration/openid_connect_provider/, checked 2026-11-29.
 *
 * - A person is issuer and `sub`; names are chosen by persons and may be given to others.
 * - GitLab tells the groups by userinfo alone, others in the ID token alone: both are read.
 */
import type { ClientAuth, Configuration } from 'openid-client';
import { z } from 'zod';
import type { Upstream } from '../provider/upstream.ts';
import type { AdminRole } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import { printable } from '../words/printable.ts';
import { Secret } from '../words/secret.ts';
import { SignInFault } from './fault.ts';
import { faultOf } from './fault-of.ts';
import { upstreamFetch } from './upstream-fetch.ts';

/** Exactly one of the two. */
export interface Member {
  readonly group?: string | undefined;
  readonly sub?: string | undefined;
}

export interface OpenIdSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scopes: readonly string[];
  readonly groupsClaim: string;
  readonly operators: readonly Member[];
  readonly viewers: readonly Member[];
}

export interface Person {
  readonly issuer: string;
  readonly sub: string;
  /** As the person is called there; for people to read, and for nothing else. */
  readonly name: string;
  /** Those of the person's groups that the configuration names. */
  readonly groups: readonly string[];
}

/** Who has signed in, and what the issuer is asked with again. */
export interface Grant {
  readonly person: Person;
  readonly keys: Secret;
}

/** What the browser keeps until the issuer sends it back. */
export const attempt = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });

type Attempt = z.output<typeof attempt>;

export interface OpenId {
  readonly issuer: string;
  /** Where the browser is sent, and what it keeps meanwhile. @throws {SignInFault} */
  begin(): Promise<{ readonly url: string; readonly attempt: Attempt }>;
  /** @param query of the address with which the issuer sent the browser back @throws {SignInFault} */
  finish(query: string, attempt: Attempt): Promise<Grant>;
  /** Reads anew who the person is, and in which groups. @throws {SignInFault} */
  again(grant: Grant): Promise<Grant>;
  /** @returns undefined for whoever may not come in, or is of another issuer */
  roleOf(person: Person): AdminRole | undefined;
  /** That the issuer is there. @throws {SignInFault} */
  check(): Promise<void>;
}

export interface OpenIdTools {
  /** Below which the dashboard is reached. */
  readonly publicUrl: string;
  readonly upstream: (origin: string) => Upstream;
  readonly clock: Clock;
}

/** Where the issuer sends browsers back to, below `admin.publicUrl`. */
export const RETURN_PATH = '/sign-in/return';

/** How long what an issuer says of itself is used. */
const DISCOVERED_MS = 3_600_000;
const MAX_NAME_LENGTH = 64;

type Claims = Readonly<Record<string, unknown>>;

const tokens = z.object({ access: z.string(), refresh: z.string().optional() });

export function createOpenId(settings: OpenIdSettings, { publicUrl, upstream, clock }: OpenIdTools): OpenId {
  const { issuer, operators, viewers } = settings;
  const returnUrl = publicUrl + RETURN_PATH;
  const named = [...operators, ...viewers].flatMap(({ group }) => group ?? []);
  let discovered: { readonly client: Promise<Client>; readonly at: number } | undefined;

  /** Loaded at the first use, as most installations have none. */
  async function connect(): Promise<Client> {
    const library = await import('openid-client');
    const options = {
      [library.customFetch]: upstreamFetch(upstream),
      execute: [
        library.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [library.allowInsecureRequests] : []),
      ],
    };
    const authenticate = authenticationBy(library, settings.clientSecret);
    try {
      const at = new URL(issuer);
      const config = await library.discovery(at, settings.clientId, undefined, authenticate, options);
      return { library, config };
    } catch (error) {
      throw faultOf(library, error, { invalid: 'misconfigured' });
    }
  }

  function client(): Promise<Client> {
    if (discovered && clock.now() - discovered.at < DISCOVERED_MS) return discovered.client;
    const fresh = { client: connect(), at: clock.now() };
    discovered = fresh;
    fresh.client.catch(() => {
      if (discovered === fresh) discovered = undefined;
    });
    return fresh.client;
  }

  async function guarded<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const by = await client();
    try {
      return await work(by);
    } catch (error) {
      throw faultOf(by.library, error);
    }
  }

  /** @param sub of whom both sources have to speak */
  async function grantOf(
    { library, config }: Client,
    sub: string,
    idToken: Claims,
    { access, refresh }: z.output<typeof tokens>,
  ): Promise<Grant> {
    const asks = config.serverMetadata().userinfo_endpoint !== undefined;
    const info: Claims = asks
      ? await library.fetchUserInfo(config, access, sub).catch((error: unknown) => {
          throw faultOf(library, error, { challenged: 'refused' });
        })
      : {};
    const claims = { ...idToken, ...info };
    const person = { issuer, sub, name: nameOf(claims, sub), groups: groupsIn(claims) };
    return { person, keys: new Secret(JSON.stringify({ access, refresh })) };
  }

  function groupsIn(claims: Claims): readonly string[] {
    const claim = Object.hasOwn(claims, settings.groupsClaim) ? claims[settings.groupsClaim] : [];
    const given = Array.isArray(claim) ? claim : [claim];
    return named.filter((group) => given.includes(group));
  }

  return {
    issuer,
    begin: () =>
      guarded(async ({ library, config }) => {
        const begun: Attempt = {
          state: library.randomState(),
          nonce: library.randomNonce(),
          verifier: library.randomPKCECodeVerifier(),
        };
        const url = library.buildAuthorizationUrl(config, {
          redirect_uri: returnUrl,
          scope: settings.scopes.join(' '),
          state: begun.state,
          nonce: begun.nonce,
          code_challenge: await library.calculatePKCECodeChallenge(begun.verifier),
          code_challenge_method: 'S256',
        });
        return { url: url.href, attempt: begun };
      }),
    finish: (query, { state, nonce, verifier }) =>
      guarded(async (by) => {
        const answer = await by.library.authorizationCodeGrant(by.config, new URL(returnUrl + query), {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = answer.claims();
        if (!claims) throw new SignInFault('forged');
        const given = { access: answer.access_token, refresh: answer.refresh_token };
        return grantOf(by, claims.sub, claims, given);
      }),
    again: ({ person: { sub }, keys }) =>
      guarded(async (by) => {
        const { access, refresh } = tokens.parse(JSON.parse(keys.reveal()));
        if (refresh === undefined) {
          // The ID token of the sign-in is old by now: only userinfo tells anything.
          if (by.config.serverMetadata().userinfo_endpoint === undefined)
            throw new SignInFault('unavailable');
          return grantOf(by, sub, {}, { access });
        }
        const answer = await by.library.refreshTokenGrant(by.config, refresh);
        const claims = answer.claims() ?? { sub };
        if (claims.sub !== sub) throw new SignInFault('forged');
        const given = { access: answer.access_token, refresh: answer.refresh_token ?? refresh };
        return grantOf(by, sub, claims, given);
      }),
    roleOf({ issuer: from, sub, groups }) {
      if (from !== issuer) return undefined;
      const isAmong = (members: readonly Member[]) =>
        members.some((one) => one.sub === sub || (one.group !== undefined && groups.includes(one.group)));
      if (isAmong(operators)) return 'operator';
      return isAmong(viewers) ? 'viewer' : undefined;
    },
    check: () => guarded(async () => {}),
  };
}

interface Client {
  readonly library: typeof import('openid-client');
  readonly config: Configuration;
}

/** Without a word of it, an issuer takes Basic (OpenID Connect Discovery 1.0, section 3). */
function authenticationBy(
  { ClientSecretBasic, ClientSecretPost }: Client['library'],
  secret: Secret,
): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret.reveal()), ClientSecretPost(secret.reveal())];
  return (as, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: taken = ['client_secret_basic'] } = as;
    return (taken.includes('client_secret_basic') ? basic : post)(as, client, body, headers);
  };
}

/** Whatever it is, it does not look like the end of a name with its `sub`. */
function nameOf(claims: Claims, sub: string): string {
  const given = [claims.name, claims.preferred_username, claims.nickname].find(
    (name) => typeof name === 'string' && name.trim() !== '',
  );
  return printable(String(given ?? sub))
    .replace(/[()]/g, '')
    .slice(0, MAX_NAME_LENGTH)
    .trim()
    .toWellFormed();
}
