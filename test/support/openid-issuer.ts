/** A real OpenID server on loopback. Whoever comes to it is signed in as the person that the test says sits there. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration, Provider as ProviderType } from 'oidc-provider';
import { onTestFinished, vi } from 'vitest';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** One for all issuers, as it takes longer to make than what is tried with it. */
const SIGNING_KEY = { ...privateKey.export({ format: 'jwk' }), kid: 'key', use: 'sig', alg: 'RS256' };

export const CLIENT = { id: 'quash', secret: 'client-secret-of-the-tests' } as const;

interface IssuedPerson {
  name?: string;
  groups: string[];
}

export interface Issuer {
  readonly url: string;
  /** By `sub`; whoever is taken out is gone. */
  readonly people: Map<string, IssuedPerson>;
  /** Who sits at the browser. */
  sub: string;
  /** While it is down it drops every connection. */
  up: boolean;
  /** Access and refresh tokens that it gave, by their own texts. */
  readonly given: readonly string[];
  /** The paths of all calls that came. */
  readonly calls: readonly string[];
  /** What a browser does with the address that the dashboard sends it to. @returns where the issuer sends it back to */
  visit(url: string): Promise<string>;
}

export interface IssuerOptions {
  readonly returnTo: string;
  readonly host?: '127.0.0.1' | 'localhost';
  readonly refreshTokens?: boolean;
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
}

/** Ends with the running test. */
export async function startIssuer({
  returnTo,
  host = '127.0.0.1',
  refreshTokens = true,
  clientAuthentication = 'client_secret_basic',
}: IssuerOptions): Promise<Issuer> {
  // It says at length that it is set up for tests alone.
  const silent = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'info')];
  for (const each of silent) each.mockImplementation(() => {});
  const { Provider } = await import('oidc-provider');
  const people = new Map<string, IssuedPerson>();
  const calls: string[] = [];
  const given: string[] = [];
  let answer: ReturnType<ProviderType['callback']> | undefined;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', url);
    calls.push(pathname);
    if (!issuer.up) request.socket.destroy();
    else if (pathname === '/here') {
      await provider.interactionFinished(request, response, { login: { accountId: issuer.sub } });
    } else await answer?.(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;

  const provider: ProviderType = new Provider(url, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [returnTo],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: clientAuthentication,
      },
    ],
    clientAuthMethods: [clientAuthentication],
    claims: { openid: ['sub'], profile: ['name', 'groups'] },
    cookies: { keys: ['key-of-the-tests'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, accountId) => {
      const person = people.get(accountId);
      return person && { accountId, claims: () => ({ sub: accountId, ...person }) };
    },
    interactions: { url: () => '/here' },
    issueRefreshToken: () => refreshTokens,
    jwks: { keys: [SIGNING_KEY] },
    // Nobody is asked for a consent.
    async loadExistingGrant(context) {
      const grant = new provider.Grant({
        clientId: CLIENT.id,
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
  } satisfies Configuration);
  provider.on('access_token.saved', ({ jti }) => given.push(jti));
  provider.on('refresh_token.saved', ({ jti }) => given.push(jti));
  answer = provider.callback();

  const issuer: Issuer = {
    ...{ url, people, sub: '', up: true, calls, given },
    async visit(first) {
      const cookies = new Map<string, string>();
      let at = first;
      while (at.startsWith(url)) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const came = await fetch(at, { redirect: 'manual', headers: { cookie } });
        for (const text of came.headers.getSetCookie()) {
          const [name = '', value = ''] = text.split(';')[0]?.split('=') ?? [];
          cookies.set(name, value);
        }
        const next = came.headers.get('location');
        if (next === null) throw new Error(`The issuer answered ${came.status}: ${await came.text()}`);
        at = new URL(next, at).href;
      }
      return at;
    },
  };
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    for (const each of silent) each.mockRestore();
  });
  return issuer;
}
