import { createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  app,
  BEARER,
  CONTEXT,
  cases,
  client,
  DECOY_CONTEXT,
  dead,
  errors,
  invalid,
  invalidate,
  invalidated,
  invalidatePair,
  ofDecoy,
  ownerAlive,
  ownerRefused,
  pairAlive,
  pairDead,
  pairUnpaid,
  revoke,
  TOKEN_SECRET,
  USER_TOKEN,
  unpaid,
  userAlive,
  userDead,
} from './cases.ts';
import { x } from './index.ts';
import { authorization } from './oauth1.ts';

for (const spec of cases) describeProvider(spec);

async function end(token: string, config: object, exchanges: readonly Exchange[]) {
  const bench = await startBench(x, () => config, exchanges);
  onTestFinished(() => bench.close());
  const kind = token === BEARER ? 'bearer-token' : 'user-token';
  const ended = await runStep(bench, new Secret(token), { kind });
  bench.verify();
  return ended;
}

it('knows a token that was invalidated by either form of the refusal', async () => {
  const revocation = [alive, invalidate('key-1', 200, invalidated), invalid];
  expect(await end(BEARER, { apps: [app('key-1')] }, revocation)).toMatchObject({ verified: true });
});

it.each(unpaid)('takes a Bearer token for alive whose app has no credits left (%#)', async (answer) => {
  const apps = { apps: [app('key-1')] };
  const revocation = [answer, invalidate('key-1', 200, invalidated), dead];
  expect(await end(BEARER, apps, revocation)).toMatchObject({ verified: true });
  const still = [alive, invalidate('key-1', 200, invalidated), answer];
  await expect(end(BEARER, apps, still)).rejects.toMatchObject({ code: 'still-active' });
});

describe('with several apps', () => {
  it('tries the next one when a Bearer token is of another app', async () => {
    const other = invalidate('key-1', 403, errors(348));
    const own = invalidate('key-2', 200, invalidated);
    const ended = await end(BEARER, { apps: [app('key-1'), app('key-2')] }, [alive, other, own, dead]);
    expect(ended).toMatchObject({ result: { evidence: { app: 'key-2' } }, verified: true });
  });

  it('tries the next one when X refuses one, and is not done when no other has the token', async () => {
    const apps = { apps: [app('key-1'), app('key-2')] };
    const bearer = [alive, invalidate('key-1', 401, errors(32))];
    const own = invalidate('key-2', 200, invalidated);
    expect(await end(BEARER, apps, [...bearer, own, dead])).toMatchObject({ verified: true });
    const foreign = invalidate('key-2', 403, errors(348));
    const failure = { code: 'credential-refused', scope: 'entry' };
    await expect(end(BEARER, apps, [...bearer, foreign])).rejects.toMatchObject(failure);

    const clients = { clients: [client('client-1'), client('client-2')] };
    const user = [userAlive, revoke('client-1', 401, { error: 'invalid_client' })];
    const ours = [revoke('client-2', 200, { revoked: true }), userDead];
    expect(await end(USER_TOKEN, clients, [...user, ...ours])).toMatchObject({ verified: true });
    const another = revoke('client-2', 400, { error: 'invalid_request' });
    await expect(end(USER_TOKEN, clients, [...user, another])).rejects.toMatchObject(failure);
  });

  it('believes no client that says it revoked a token which still works', async () => {
    const clients = [client('client-1'), client('client-2')];
    const done = { revoked: true };
    const script = [
      userAlive,
      revoke('client-1', 200, done),
      userAlive,
      revoke('client-2', 200, done),
      userDead,
    ];
    const ended = await end(USER_TOKEN, { clients }, script);
    expect(ended).toMatchObject({ result: { evidence: { client: 'client-2' } }, verified: true });
  });
});

it.each([
  ['a Bearer token', BEARER, { apps: [app('key-1')] }, [alive, invalidate('key-1', 403, errors(348))]],
  [
    'a user token',
    USER_TOKEN,
    { clients: [client('client-1')] },
    [userAlive, revoke('client-1', 400, { error: 'invalid_request' })],
  ],
] as const)('leaves %s of another app to a person', async (_what, token, config, script) => {
  const { result } = await end(token, config, script);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('sends the Bearer token decoded in a form, encoded once, and as it is in a header', async () => {
  expect(BEARER).toContain('%3D');
  const config = { apps: [app('key-1')] };
  const bench = await startBench(x, () => config, [alive, invalidate('key-1', 200, invalidated), dead]);
  onTestFinished(() => bench.close());
  await runStep(bench, new Secret(BEARER), { kind: 'bearer-token' });
  const [probe, call] = bench.requests;
  expect(probe?.headers.authorization).toBe(`Bearer ${BEARER}`);
  expect(call?.body).toBe(`access_token=${BEARER}`);
});

it('has not invalidated a Bearer token that still works', async () => {
  const ended = end(BEARER, { apps: [app('key-1')] }, [alive, invalidate('key-1', 200, invalidated), alive]);
  await expect(ended).rejects.toMatchObject({ code: 'still-active' });
});

it('calls a secret that signed before dead only while X takes another signature of the app', async () => {
  const end = async (...script: readonly Exchange[]) => {
    const bench = await startBench(x, () => ({ apps: [app('key-1')] }), [pairAlive, ...script]);
    onTestFinished(() => bench.close());
    const options = { kind: 'access-token-secret', context: CONTEXT };
    const { result } = await runStep(bench, new Secret(TOKEN_SECRET), options);
    bench.verify();
    return result;
  };
  expect(await end(pairDead, ownerAlive)).toMatchObject({ outcome: 'already-inactive', proven: true });
  // After the keys of the app were changed, say, which the leaked secret outlives.
  const ours = { code: 'credential-refused', scope: 'entry' };
  await expect(end(pairDead, ownerRefused)).rejects.toMatchObject(ours);
  await expect(end(pairAlive, invalidatePair, pairDead, ownerRefused)).rejects.toMatchObject(ours);
});

it.each([
  ['a secret', TOKEN_SECRET, [pairDead]],
  ['a Bearer token', BEARER, [alive, invalidate('key-1', 401, errors(135))]],
])('waits with %s while what it signs is refused for our clock', async (_what, token, script) => {
  const headers = { date: 'Thu, 01 Jan 2026 01:00:00 GMT' };
  const dated = script.map((each) => ({ ...each, answer: { ...each.answer, headers } }));
  const bench = await startBench(x, () => ({ apps: [app('key-1')] }), dated);
  onTestFinished(() => bench.close());
  const kind = token === BEARER ? 'bearer-token' : 'access-token-secret';
  const step = runStep(bench, new Secret(token), { kind, context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'wrong-clock' });
  bench.verify();
});

it.each([
  ['a secret', TOKEN_SECRET, [pairAlive, pairAlive, invalidatePair], [pairDead, ownerAlive]],
  ['a Bearer token', BEARER, [alive, invalidate('key-1', 200, invalidated)], [dead]],
])(
  'goes with %s by an answer that takes what it signs, whatever the time in it',
  async (_what, token, taken, end) => {
    const headers = { date: 'Thu, 01 Jan 2026 01:00:00 GMT' };
    const dated = taken.map((each) => ({ ...each, answer: { ...each.answer, headers } }));
    const bench = await startBench(x, () => ({ apps: [app('key-1')] }), [...dated, ...end]);
    onTestFinished(() => bench.close());
    const kind = token === BEARER ? 'bearer-token' : 'access-token-secret';
    expect((await runStep(bench, new Secret(token), { kind, context: CONTEXT })).verified).toBe(true);
    bench.verify();
  },
);

it('finds the access token of a secret behind one of which nothing can be said', async () => {
  const script = [ofDecoy, pairAlive, pairAlive, invalidatePair, pairDead, ownerAlive];
  const bench = await startBench(x, () => ({ apps: [app('key-1')] }), script);
  onTestFinished(() => bench.close());
  const options = { kind: 'access-token-secret', context: DECOY_CONTEXT };
  const ended = await runStep(bench, new Secret(TOKEN_SECRET), options);
  expect(ended).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});

// As it would be if X looked at the credits of an app before the signature.
it('takes no pair for one that works where X says the same of any other secret', async () => {
  const bench = await startBench(x, () => ({ apps: [app('key-1')] }), [pairUnpaid, pairUnpaid]);
  onTestFinished(() => bench.close());
  const end = runStep(bench, new Secret(TOKEN_SECRET), { kind: 'access-token-secret', context: CONTEXT });
  await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});

it('takes a pair for one that works where an app without credits is told so of no other secret', async () => {
  const seen = [pairUnpaid, pairDead];
  const script = [...seen, ...seen, invalidatePair, pairDead, ownerAlive];
  const bench = await startBench(x, () => ({ apps: [app('key-1')] }), script);
  onTestFinished(() => bench.close());
  const options = { kind: 'access-token-secret', context: CONTEXT };
  const ended = await runStep(bench, new Secret(TOKEN_SECRET), options);
  expect(ended).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});

it('takes user tokens in each encoding of their ending', async () => {
  const bench = await startBench(x, () => ({ clients: [client('client-1')] }), []);
  onTestFinished(() => bench.close());
  const tokens = [60, 61, 62].map((length) =>
    Buffer.from(`${'1'.repeat(length)}:at:1`).toString('base64url'),
  );
  for (const token of tokens) expect(bench.provider.kinds[0]?.pattern.exec(token)?.[0]).toBe(token);
});

it('signs as OAuth 1.0a says', () => {
  const keys = {
    consumerKey: 'key',
    consumerSecret: new Secret('consumer secret'),
    accessToken: '1-token',
    accessTokenSecret: new Secret('token&secret'),
  };
  const call = {
    method: 'POST',
    url: 'https://api.x.com/a',
    form: { access_token: new Secret('A%3D') },
  } as const;
  const base = [
    'POST&https%3A%2F%2Fapi.x.com%2Fa&access_token%3DA%25253D%26oauth_consumer_key%3Dkey%26oauth_nonce%3Dn',
    '%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D0%26oauth_token%3D1-token%26oauth_version%3D1.0',
  ].join('');
  const signature = createHmac('sha1', 'consumer%20secret&token%26secret').update(base).digest('base64');
  const header = authorization(call, keys, 0, 'n').reveal();
  expect(header).toContain(`oauth_signature="${encodeURIComponent(signature)}"`);
});
