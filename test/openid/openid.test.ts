/** Persons by a real OpenID server, over the hardened client and real sockets. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { SignInFault } from '../../src/openid/fault.ts';
import { createOpenId, type Member, RETURN_PATH } from '../../src/openid/openid.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { freePort } from '../support/free-port.ts';
import { CLIENT, type IssuerOptions, startIssuer } from '../support/openid-issuer.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const PUBLIC_URL = 'https://quash.example.com';
const RETURN_TO = PUBLIC_URL + RETURN_PATH;

interface Options extends Partial<IssuerOptions> {
  readonly operators?: readonly Member[];
  readonly viewers?: readonly Member[];
  readonly clientSecret?: string;
  readonly issuer?: string;
  readonly allowPrivate?: readonly string[];
  /** What stands between. */
  readonly change?: (upstream: Upstream) => Upstream;
}

async function aSignIn({
  operators = [{ group: 'security' }],
  viewers = [],
  clientSecret = CLIENT.secret,
  allowPrivate = ['127.0.0.1'],
  change = (upstream) => upstream,
  ...options
}: Options = {}) {
  const issuer = await startIssuer({ returnTo: RETURN_TO, ...options });
  issuer.people.set('7', { name: 'Ann Example', groups: ['security', 'everybody'] });
  issuer.sub = '7';
  const clock = new FakeClock();
  const factory = createUpstreamFactory({ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate, clock });
  onTestFinished(() => factory.close());
  const settings = {
    issuer: options.issuer ?? issuer.url,
    clientId: CLIENT.id,
    clientSecret: new Secret(clientSecret),
    ...{ scopes: ['openid', 'profile'], groupsClaim: 'groups', operators, viewers },
  };
  const upstream = (origin: string) => change(factory.for('sign-in', origin));
  const openid = createOpenId(settings, { publicUrl: PUBLIC_URL, upstream, clock });
  /** To where the issuer sends the browser back. */
  const returned = async (alter: (url: URL) => void = () => {}) => {
    const begun = await openid.begin();
    const url = new URL(begun.url);
    alter(url);
    return { query: new URL(await issuer.visit(url.href)).search, attempt: begun.attempt };
  };
  const signIn = async () => {
    const { query, attempt } = await returned();
    return openid.finish(query, attempt);
  };
  return { clock, issuer, openid, returned, signIn };
}

function faultOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof SignInFault) return error.code;
      throw error;
    },
  );
}

describe('a sign-in', () => {
  it.each(['client_secret_basic', 'client_secret_post'] as const)(
    'says who a person is, with the groups that matter (%s)',
    async (clientAuthentication) => {
      const { issuer, openid, signIn } = await aSignIn({ clientAuthentication });

      const { person, keys } = await signIn();

      expect(person).toEqual({ issuer: issuer.url, sub: '7', name: 'Ann Example', groups: ['security'] });
      expect(openid.roleOf(person)).toBe('operator');
      expect(JSON.stringify(keys)).toBe('"[secret]"');
    },
  );

  it('asks for a code with PKCE, state and nonce, new ones each time', async () => {
    const { openid } = await aSignIn();

    const urls = [await openid.begin(), await openid.begin()].map(({ url }) => new URL(url).searchParams);

    for (const query of urls) {
      expect(Object.fromEntries(query)).toMatchObject({
        ...{ response_type: 'code', code_challenge_method: 'S256', redirect_uri: RETURN_TO },
      });
    }
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const [first, second] = urls.map((query) => query.get(name));
      expect(first).toMatch(/^[\w-]{43}$/);
      expect(second).not.toBe(first);
    }
  });

  it('brings nothing with a wrong state', async () => {
    const { issuer, openid, returned } = await aSignIn();
    const { query, attempt } = await returned((url) => url.searchParams.set('state', 'of-somebody-else'));

    expect(await faultOf(openid.finish(query, attempt))).toBe('forged');
    expect(issuer.calls).not.toContain('/token');
  });

  it('brings nothing with a wrong nonce', async () => {
    const { openid, returned } = await aSignIn();
    const { query, attempt } = await returned((url) => url.searchParams.set('nonce', 'of-somebody-else'));

    expect(await faultOf(openid.finish(query, attempt))).toBe('forged');
  });

  it('brings nothing with the code of another sign-in', async () => {
    const { openid, returned } = await aSignIn();
    const [mine, others] = [await returned(), await returned()];
    const query = new URLSearchParams(mine.query);
    query.set('code', new URLSearchParams(others.query).get('code') ?? '');

    expect(await faultOf(openid.finish(`?${query}`, mine.attempt))).toBe('refused');
  });

  it('brings nothing the second time', async () => {
    const { openid, returned } = await aSignIn();
    const { query, attempt } = await returned();
    await openid.finish(query, attempt);

    expect(await faultOf(openid.finish(query, attempt))).toBe('refused');
  });

  it.each([
    [{}, 'forged'],
    [{ error: 'access_denied' }, 'refused'],
    [{ error: 'temporarily_unavailable' }, 'unavailable'],
    [{ error: 'something_else' }, 'misconfigured'],
    [{ error: 'access_denied', state: 'of-somebody-else' }, 'forged'],
    [{ code: 'some-code', iss: 'https://other.example.com' }, 'forged'],
  ])('brings nothing when the browser comes back with %j', async (sent, code) => {
    const { issuer, openid } = await aSignIn();
    const { attempt } = await openid.begin();
    const query = new URLSearchParams({ state: attempt.state, iss: issuer.url, ...sent });

    expect(await faultOf(openid.finish(`?${query}`, attempt))).toBe(code);
  });

  it('brings nothing when the ID token is not signed by the issuer', async () => {
    const { openid, returned } = await aSignIn({ change: withChangedIdToken });
    const { query, attempt } = await returned();

    expect(await faultOf(openid.finish(query, attempt))).toBe('forged');
  });
});

/** Says that the person is another one, and leaves the signature as it was. */
function withChangedIdToken(upstream: Upstream): Upstream {
  return {
    base: upstream.base,
    async request(request) {
      const answer = await upstream.request(request);
      if (request.path !== '/token') return answer;
      const tokens = JSON.parse(answer.text) as { id_token: string };
      const [head, body = '', signature] = tokens.id_token.split('.');
      const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: '8' };
      const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
      const text = JSON.stringify({ ...tokens, id_token: [head, changed, signature].join('.') });
      return { ...answer, text };
    },
  };
}

describe('the issuer', () => {
  it.each<[string, string, Options]>([
    ['refuses the client', 'misconfigured', { clientSecret: 'another secret' }],
    ['may not be called, as its address is private', 'unavailable', { allowPrivate: [] }],
  ])('that %s lets nobody in', async (_name, code, options) => {
    const { openid, returned } = await aSignIn(options);
    const work = returned().then(({ query, attempt }) => openid.finish(query, attempt));

    expect(await faultOf(work)).toBe(code);
  });

  it('that calls itself something else lets nobody in', async () => {
    const port = await freePort();
    const { openid } = await aSignIn({ issuer: `http://127.0.0.1:${port}` });
    expect(await faultOf(openid.check())).toBe('unavailable');

    const { issuer } = await aSignIn();
    const other = await aSignIn({ issuer: issuer.url.replace('127.0.0.1', 'localhost') });
    expect(await faultOf(other.openid.check())).toBe('misconfigured');
  });

  it('that is down is asked again at the next try, and is found then', async () => {
    const { issuer, openid, signIn } = await aSignIn();
    issuer.up = false;
    expect(await faultOf(openid.check())).toBe('unavailable');

    issuer.up = true;

    expect((await signIn()).person.sub).toBe('7');
  });

  it('is asked what it is once an hour', async () => {
    const { clock, issuer, openid } = await aSignIn();
    const asked = () => issuer.calls.filter((path) => path.startsWith('/.well-known')).length;

    await openid.begin();
    await openid.begin();
    expect(asked()).toBe(1);
    clock.jump(3_600_000);
    await openid.begin();
    expect(asked()).toBe(2);
  });
});

describe('a person', () => {
  it.each([true, false])('is read again (with a refresh token: %s)', async (refreshTokens) => {
    const { issuer, openid, signIn } = await aSignIn({ refreshTokens });
    const first = await signIn();
    issuer.people.set('7', { name: 'Ann Married', groups: ['everybody'] });

    const second = await openid.again(first);
    const third = await openid.again(second);

    expect(third.person).toEqual({ issuer: issuer.url, sub: '7', name: 'Ann Married', groups: [] });
    expect(openid.roleOf(third.person)).toBeUndefined();
  });

  it.each([true, false])('that is gone is refused (with a refresh token: %s)', async (refreshTokens) => {
    const { issuer, openid, signIn } = await aSignIn({ refreshTokens });
    const grant = await signIn();
    issuer.people.delete('7');

    expect(await faultOf(openid.again(grant))).toBe('refused');
  });

  it('cannot be read again while the issuer is down', async () => {
    const { issuer, openid, signIn } = await aSignIn();
    const grant = await signIn();
    issuer.up = false;

    expect(await faultOf(openid.again(grant))).toBe('unavailable');
  });

  it('has the role of its sub, whatever its name and groups are', async () => {
    const members = { operators: [{ sub: '7' }], viewers: [{ group: 'everybody' }] };
    const { issuer, openid, signIn } = await aSignIn(members);
    issuer.people.set('8', { name: 'Ann Example', groups: ['7', 'everybody'] });
    issuer.people.set('9', { name: '7', groups: ['7'] });

    const roles = [];
    for (const sub of ['7', '8', '9']) {
      issuer.sub = sub;
      roles.push(openid.roleOf((await signIn()).person));
    }

    expect(roles).toEqual(['operator', 'viewer', undefined]);
  });

  it('of another issuer has none, whatever its sub is', async () => {
    const { openid, signIn } = await aSignIn({ operators: [{ sub: '7' }] });
    const { person } = await signIn();

    expect(openid.roleOf({ ...person, issuer: 'https://other.example.com' })).toBeUndefined();
  });

  it('comes in by no list that is empty', async () => {
    const { openid, signIn } = await aSignIn({ operators: [], viewers: [] });

    expect(openid.roleOf((await signIn()).person)).toBeUndefined();
  });

  it('has a name that steers nothing and looks like no sub', async () => {
    const { issuer, signIn } = await aSignIn();
    issuer.people.set('7', { name: `Bob (sub 1)\u202e\n${'x'.repeat(100)}`, groups: [] });

    expect((await signIn()).person.name).toBe(`Bob sub 1${'x'.repeat(55)}`);
  });

  it('without a name is called by its sub', async () => {
    const { issuer, signIn } = await aSignIn();
    issuer.people.set('7', { groups: [] });

    expect((await signIn()).person.name).toBe('7');
  });
});
