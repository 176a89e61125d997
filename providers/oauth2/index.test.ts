import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigFault } from '../../src/provider/provider.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, NO_TOKEN, post, server, TOKEN } from './cases.ts';
import { oauth2 } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function end(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(oauth2, (url: string) => ({ servers: [server(url)] }), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'acme', notes });
  bench.verify();
  return result;
}

/** What is kept of a token that was active by what is changed of the server. */
async function seenBy(changed: Partial<ReturnType<typeof server>>) {
  const active = post('/introspect', 200, { active: true });
  const path = changed.introspectUrl ? new URL(changed.introspectUrl).pathname : active.expect.path;
  const config = (url: string) => {
    const { introspectUrl, ...rest } = changed;
    const own = { ...server(url), ...rest };
    return { servers: [introspectUrl ? { ...own, introspectUrl: url + path } : own] };
  };
  const bench = await startBench(oauth2, config, [
    { ...active, expect: { ...active.expect, path, headers: {} } },
  ]);
  onTestFinished(() => bench.close());
  const step = stepOf(bench.provider, new Secret(TOKEN), { kind: 'acme' });
  await bench.provider.revoke(new Secret(TOKEN), step);
  return step.remembered;
}

it('says when the server does not revoke this kind of token', async () => {
  const refusal = post('/revoke', 400, { error: 'unsupported_token_type' });
  const config = (url: string) => ({ servers: [server(url)] });
  const bench = await startBench(oauth2, config, [post('/introspect', 200, { active: false }), refusal]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'acme' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it('is not done with a token that the server never called active, although it took the revocation', async () => {
  const inactive = post('/introspect', 200, { active: false });
  expect(await end([inactive, post('/revoke', 200)])).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
});

// What Keycloak 26.7.3 says of a token of another client, and of one that it does not know.
it.each([
  [400, { error: 'invalid_request', error_description: 'Unmatching clients' }],
  [400, { error: 'invalid_grant' }],
  [400, { error: 'unauthorized_client' }],
  [200, { error: 'invalid_token', error_description: 'Invalid token' }],
])('takes %i %j for a token that is not the client’s', async (status, json) => {
  const inactive = post('/introspect', 200, { active: false });
  expect(await end([inactive, post('/revoke', status, json)])).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
});

// As ApiFest does.
it.each([false, 'false'])(
  'does not take a revocation for done that is answered with revoked: %j',
  async (is) => {
    const active = post('/introspect', 200, { active: true });
    expect(await end([active, post('/revoke', 200, { revoked: is }), active])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
    });
  },
);

it('does not call a token dead that works and is another client’s', async () => {
  const refusal = post('/revoke', 400, { error: 'invalid_request', error_description: 'Unmatching clients' });
  const active = post('/introspect', 200, { active: true });
  expect(await end([active, refusal, active])).toMatchObject({
    outcome: 'refused',
    reason: 'not-permitted',
  });
});

it.each([
  [200, { revoked: false }],
  [400, { error: 'invalid_grant' }],
])(
  'looks once more at a token that worked before its server does not revoke it: %i %j',
  async (status, json) => {
    const again = async (active: boolean) => {
      const exchanges = [post('/revoke', status, json), post('/introspect', 200, { active })];
      return end(exchanges, [await seenBy({})]);
    };
    // An earlier attempt may have ended it, of which the answer was lost.
    expect(await again(false)).toMatchObject({ outcome: 'already-inactive' });
    expect(await again(true)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  },
);

// Django OAuth Toolkit 3.4.1 answers 200 and does nothing, which was tried for a day.
it('leaves a token of another client, which the server seems to revoke and does not, to a person at once', async () => {
  const of = (client: string) => post('/introspect', 200, { active: true, scope: 'read', client_id: client });
  expect(await end([of('other'), post('/revoke', 200), of('other')])).toMatchObject({
    ...{ outcome: 'refused', reason: 'not-permitted', evidence: { client: 'other' } },
  });
});

it('revokes a token of another client where the server lets it', async () => {
  const [active, inactive] = [{ active: true, client_id: 'other' }, { active: false }];
  const looks = [active, inactive, inactive].map((json) => post('/introspect', 200, json));
  const [first, ...later] = looks;
  if (!first) throw new Error('no look');
  expect(await end([first, post('/revoke', 200), ...later])).toMatchObject({ outcome: 'accepted' });
});

it.each([
  ['OK', 'accepted'],
  ['<p>OK</p>', 'unexpected-answer'],
])('takes the plain text %j for what it says', async (text, outcome) => {
  const [active, inactive] = [true, false].map((is) => post('/introspect', 200, { active: is }));
  if (!active || !inactive) throw new Error('no look');
  const revoked = { ...post('/revoke', 200), answer: { status: 200, text } };
  const ended = end(outcome === 'accepted' ? [active, revoked, inactive] : [active, revoked]);
  await expect(ended.catch(({ code }) => ({ outcome: code }))).resolves.toMatchObject({ outcome });
});

it('asks no more of a token that its own client got, or whose client the server does not tell', async () => {
  for (const more of [{ client_id: 'my client' }, { client_id: null }]) {
    const active = post('/introspect', 200, { active: true, ...more });
    const inactive = post('/introspect', 200, { active: false });
    expect(await end([active, post('/revoke', 200), inactive])).toMatchObject({ outcome: 'accepted' });
  }
});

it('does not take a token for dead that a client calls inactive to which it never was active', async () => {
  const inactive = post('/introspect', 200, { active: false });
  // The other client, which was configured before, was refused; the one that is now may ask about its own tokens alone.
  expect(
    await end([inactive, post('/revoke', 200)], [await seenBy({ clientId: 'another client' })]),
  ).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
  expect(await end([post('/revoke', 200), inactive], [await seenBy({})])).toMatchObject({
    outcome: 'accepted',
  });
  for (const [by, liveness] of [
    [{ clientId: 'another client' }, 'unknown'],
    [{}, 'dead'],
  ] as const) {
    const bench = await startBench(oauth2, (url: string) => ({ servers: [server(url)] }), [inactive]);
    onTestFinished(() => bench.close());
    const token = new Secret(TOKEN);
    const step = stepOf(bench.provider, token, { kind: 'acme', notes: [await seenBy(by)] });
    expect(await bench.provider.verify?.(token, step)).toBe(liveness);
  }
});

it.each([
  [
    'another server of the same id called it active',
    () => seenBy({ introspectUrl: 'https://idp.example/old/introspect' }),
  ],
  [
    'an earlier version kept no more than the id',
    async () => ({ quash: 1, seenAlive: ['acme', 'acme as my client'] }),
  ],
  ['an even earlier one kept the id alone', async () => ({ quash: 1, seenAlive: ['acme'] })],
])('does not take a token for dead that is inactive after %s', async (_what, seen) => {
  const exchanges = [post('/introspect', 200, { active: false }), post('/revoke', 200)];
  expect(await end(exchanges, [await seen()])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it.each([
  ['acme', 'dead'],
  ['acme as my client', 'dead'],
  ['another server', 'unknown'],
])(
  'shows that a token is dead whose revocation was taken once it was active at %s',
  async (place, liveness) => {
    const inactive = post('/introspect', 200, { active: false });
    const config = (url: string) => ({ servers: [server(url)] });
    const { provider, close } = await startBench(oauth2, config, [inactive]);
    onTestFinished(close);
    const notes = [{ quash: 1, seenAlive: [place], took: 'accepted' }];
    const step = stepOf(provider, new Secret(TOKEN), { kind: 'acme', notes });
    expect(await provider.verify?.(new Secret(TOKEN), step)).toBe(liveness);
  },
);

it('does not take a token for dead that an earlier address of the server called active, too', async () => {
  const introspectUrl = 'https://idp.example/old/introspect';
  const seen = [await seenBy({ introspectUrl }), await seenBy({})] as readonly { seenAlive: string[] }[];
  const both = { quash: 1, seenAlive: seen.flatMap(({ seenAlive }) => seenAlive) };
  const inactive = post('/introspect', 200, { active: false });
  expect(await end([post('/revoke', 400, { error: 'invalid_grant' }), inactive], [both])).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
  const bench = await startBench(oauth2, (url: string) => ({ servers: [server(url)] }), [inactive]);
  onTestFinished(() => bench.close());
  const token = new Secret(TOKEN);
  const step = stepOf(bench.provider, token, { kind: 'acme', notes: [both] });
  expect(await bench.provider.verify?.(token, step)).toBe('unknown');
});

// What Doorkeeper and Spring Authorization Server say of a token of another client, and a strict reading of the RFC.
describe.each([
  [403, { error: 'unauthorized_client' }],
  [400, { error: 'invalid_client' }],
  [401, { error: 'invalid_client' }],
])('with %i %j of a token', (status, json) => {
  const refusal = post('/revoke', status, json);

  it('takes it for another client’s, where the server takes the client', async () => {
    const taken = post('/revoke', 200, {}, NO_TOKEN);
    expect(await end([post('/introspect', 200, { active: false }), refusal, taken])).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
    });
    const active = post('/introspect', 200, { active: true });
    expect(await end([active, refusal, taken, active])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
    });
  });

  it('takes it for the client’s credential, where the server says so of any text', async () => {
    const same = post('/revoke', status, json, NO_TOKEN);
    const exchanges = [post('/introspect', 200, { active: false }), refusal, same];
    await expect(end(exchanges)).rejects.toMatchObject({
      code: status === 403 ? 'permission-missing' : 'credential-refused',
    });
  });
});

it('holds up no tokens of other servers while one is down', async () => {
  const endOf = async (more: readonly object[]) => {
    const down = { ...post('/introspect', 200), answer: { status: 503 } };
    const servers = (url: string) => [{ ...server(url), pattern: 'k3y9.+' }, ...more];
    const bench = await startBench(oauth2, (url: string) => ({ servers: servers(url) }), [down]);
    onTestFinished(() => bench.close());
    return runStep(bench, new Secret(TOKEN), { kind: 'acme' });
  };
  const other = { ...server('https://other.example.com'), id: 'other', pattern: 'other-.+' };
  await expect(endOf([other])).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
  await expect(endOf([])).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
});

it('wants a pattern of each of several servers, so that none gets the tokens of another', async () => {
  const servers = (url: string) => ({ servers: [{ ...server(url), pattern: 'acme-[a-z]+' }, server(url)] });
  const fault = await startBench(oauth2, servers, []).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ConfigFault);
  expect(fault).toMatchObject({ path: ['servers', 1, 'pattern'] });
});

it.each(['(', '(a+)+$', 'x*'])(
  'refuses the pattern %s, which is none, hangs or matches nothing',
  (pattern) => {
    const servers = [{ ...server('https://idp.example.com'), pattern }];
    expect(oauth2.config.safeParse({ servers }).success).toBe(false);
  },
);

it('takes a token whole whose characters are escaped, at its beginning, too', async () => {
  const bench = await startBench(oauth2, (url) => ({ servers: [server(url)] }), []);
  onTestFinished(() => bench.close());
  const found = recognise(bench.provider.kinds, '%2Fopaque-token-of-some-length%3D%3D');
  expect(found).toMatchObject({ ok: true, token: '/opaque-token-of-some-length==' });
});
