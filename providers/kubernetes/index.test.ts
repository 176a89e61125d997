import { describe, expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
  stepOf,
} from '../../test/contract/provider-suite.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  AUDIENCES,
  bad,
  boundUntil,
  CI,
  cases,
  deleted,
  deletion,
  EXPIRED,
  FOREIGN,
  GONE_WITH_ITS_ACCOUNT,
  gone,
  good,
  INVALIDATED,
  LEGACY,
  OURS,
  probing,
  refusal,
  reviewing,
  tokenWith,
} from './cases.ts';
import { kubernetes } from './index.ts';

for (const spec of cases) describeProvider(spec);

const oneCluster = (url: string) => ({ clusters: [{ url, token: OURS }] });
const twoClusters = (url: string) => ({
  clusters: [
    { url: `${url}/a`, token: OURS },
    { url: `${url}/b`, token: OURS },
  ],
});

async function endOf(
  token: string,
  exchanges: readonly Exchange[],
  config = oneCluster,
  options: Partial<StepOptions> = {},
) {
  const bench = await startBench(kubernetes, config, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), {
      kind: 'service-account-token',
      ...options,
    });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('a token that is in no Secret', () => {
  const hour = 60 * 60;
  const now = Math.floor(new FakeClock().now() / 1000);

  it('is left to die when that is soon', async () => {
    const token = boundUntil(now + hour);
    const { result } = await endOf(token, [good(token, CI), good(token, CI)]);
    const expiresAt = new Date((now + hour) * 1000).toISOString();
    expect(result).toMatchObject({ outcome: 'expires', evidence: { expiresAt } });
  });

  it.each([
    ['it works for long', now + 25 * hour],
    ['it works after its end by our clock, which is off', now - hour],
  ])('goes to a person when %s', async (_when, exp) => {
    const token = boundUntil(exp);
    const { result } = await endOf(token, [good(token, CI), good(token, CI)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('has expired once our clock says so, too', async () => {
    const ended = boundUntil(now - 1);
    const { result, verified } = await endOf(ended, [bad(ended, EXPIRED, AUDIENCES)]);
    expect({ result, verified }).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });

    const living = boundUntil(now + hour);
    const ahead = endOf(living, [bad(living, EXPIRED, AUDIENCES)]);
    await expect(ahead).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not dead by its own word, which anybody may write', async () => {
    const token = boundUntil(now - hour);
    const { result } = await endOf(token, [bad(token, FOREIGN, AUDIENCES)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

describe('a token that is invalidated, as is said of all while Secrets cannot be read', () => {
  const BOUND = boundUntil(Date.UTC(2027, 0) / 1000);
  const WORDS = '[invalid bearer token, service account token has been invalidated]';
  const forbidden = refusal(403, 'Forbidden');

  it.each([
    ['its Secret', LEGACY, [bad(LEGACY, INVALIDATED), gone()]],
    ['its Pod', BOUND, [bad(BOUND, WORDS, AUDIENCES), gone('pods')]],
  ])('is dead once %s is gone', async (_, token, exchanges) => {
    const ended = { result: { outcome: 'already-inactive' }, verified: true };
    expect(await endOf(token, exchanges)).toMatchObject(ended);
  });

  it.each([
    ['its Secret', LEGACY, [bad(LEGACY, INVALIDATED), probing('secrets', 409, refusal(409, 'Conflict'))]],
    ['its Pod', BOUND, [bad(BOUND, WORDS, AUDIENCES), probing('pods', 200, { kind: 'Pod' })]],
  ])('is tried again while %s is there', async (_, token, exchanges) => {
    await expect(endOf(token, exchanges)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('goes to a person where Quash may not see its Pod, and pauses no lane', async () => {
    const { result } = await endOf(BOUND, [bad(BOUND, WORDS, AUDIENCES), probing('pods', 403, forbidden)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('goes to a person where it is bound to nothing that can be asked about', async () => {
    const token = tokenWith({ 'kubernetes.io': { namespace: 'build', node: { name: 'n' } } });
    const { result } = await endOf(token, [bad(token, WORDS)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it.each([
    '[invalid bearer token, service account token is not valid yet]',
    'webhook authenticator connection reset',
    '',
  ])('is not dead because the cluster that let it in refuses it with "%s"', async (words) => {
    const there = probing('secrets', 409, refusal(409, 'Conflict'));
    const legacy = endOf(LEGACY, [good(LEGACY), bad(LEGACY, words), there]);
    await expect(legacy).rejects.toMatchObject({ code: 'suspended' });

    const hidden = probing('pods', 403, forbidden);
    const bound = await endOf(BOUND, [good(BOUND, CI), bad(BOUND, words, AUDIENCES), hidden]);
    expect(bound.result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is not dead after its revocation while that cannot be seen', async () => {
    const cut = probing('secrets', 500, refusal(500, 'InternalError'));
    const end = endOf(LEGACY, [good(LEGACY), good(LEGACY), deleted(), bad(LEGACY, INVALIDATED), cut]);
    await expect(end).rejects.toMatchObject({ code: 'upstream-error' });
  });
});

it.each([
  GONE_WITH_ITS_ACCOUNT,
  "[invalid bearer token, Token does not match server's copy]",
  '[invalid bearer token, ServiceAccount build/deployer has been deleted]',
  '[invalid bearer token, ServiceAccount UID (1) does not match claim (2)]',
])('knows a dead token by the words %s', async (words) => {
  expect(await endOf(LEGACY, [bad(LEGACY, words)])).toMatchObject({
    result: { outcome: 'already-inactive' },
    verified: true,
  });
});

describe('a token that is only marked as invalid, as the mark can be taken off', () => {
  const words =
    'the token in secret build/deployer-token-x1y2z for service account build/deployer has been marked invalid. Use tokens from the TokenRequest API';
  const marked = bad(LEGACY, `[invalid bearer token, ${words}]`);

  it('waits for a person, who is told its Secret', async () => {
    const evidence = { namespace: 'build', secret: 'deployer-token-x1y2z' };
    const { result } = await endOf(LEGACY, [marked, marked]);
    expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence });
  });

  it('deletes no Secret by words that another authenticator repeats out of a forged token', async () => {
    const echo = `[invalid bearer token, oidc: verify token: oidc: expected audience "kubernetes" got ["${words}"]]`;
    const { result } = await endOf(LEGACY, [bad(LEGACY, echo), bad(LEGACY, echo)]);
    expect(result).toMatchObject({ outcome: 'held', reason: 'unproven' });
  });

  it('loses its Secret once a person approved that', async () => {
    const exchanges = [marked, marked, deleted(), bad(LEGACY, INVALIDATED), gone()];
    const { verified } = await endOf(LEGACY, exchanges, oneCluster, { mayActUnproven: true });
    expect(verified).toBe(true);
  });
});

it.each([
  ['kubernetes.io/serviceaccount/namespace', 'build/secrets'],
  ['kubernetes.io/serviceaccount/secret.name', '..'],
])('takes no token for one of a Secret whose %s is no name', async (claim, name) => {
  const claims = JSON.parse(Buffer.from(LEGACY.split('.')[1] ?? '', 'base64url').toString());
  const token = tokenWith({ ...claims, [claim]: name });
  const { result } = await endOf(token, [good(token)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
});

it.each(['system:serviceaccount:build:other', 'system:serviceaccount:prod:deployer', 'oidc:mallory'])(
  'deletes no Secret when the cluster takes the token for %s',
  async (username) => {
    const { result } = await endOf(LEGACY, [good(LEGACY, { username })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  },
);

it('revokes a token that says its service account without the UID of that', async () => {
  const claims = JSON.parse(Buffer.from(LEGACY.split('.')[1] ?? '', 'base64url').toString());
  const short = { namespace: 'build', serviceaccount: { name: 'deployer' } };
  const token = tokenWith({ ...claims, 'kubernetes.io': short });
  const ended = [bad(token, INVALIDATED), gone()];
  const { result } = await endOf(token, [good(token), good(token), deleted(), ...ended]);
  expect(result).toMatchObject({ outcome: 'revoked' });
});

it('leaves its own token alone', async () => {
  const bench = await startBench(kubernetes, (url) => ({ clusters: [{ url, token: LEGACY }] }), []);
  try {
    const { result } = await runStep(bench, new Secret(LEGACY), { kind: 'service-account-token' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  } finally {
    await bench.close();
  }
});

it.each([true, false])('checks whether its token may delete secrets: %s', async (allowed) => {
  const access: Exchange = {
    expect: {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      json: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb: 'delete', resource: 'secrets' } },
      },
    },
    answer: { status: 201, json: { kind: 'SelfSubjectAccessReview', status: { allowed } } },
  };
  const itself = reviewing(OURS, 201, {
    kind: 'TokenReview',
    status: { authenticated: true, user: { username: 'admin' } },
  });
  const bench = await startBench(kubernetes, oneCluster, [itself, access]);
  try {
    expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([{ ok: allowed }]);
    bench.verify();
  } finally {
    await bench.close();
  }
});

it('deletes no Secret that only the committer names', async () => {
  const { result } = await endOf(LEGACY, [bad(LEGACY, FOREIGN)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('takes a Secret that is gone already for deleted, and proves it', async () => {
  const absent = deletion(404, refusal(404, 'NotFound'));
  const exchanges = [good(LEGACY), good(LEGACY), absent, bad(LEGACY, INVALIDATED), gone()];
  const { verified } = await endOf(LEGACY, exchanges);
  expect(verified).toBe(true);
});

it('sees that a reviewed token is still alive while the cluster remembers it', async () => {
  const end = endOf(LEGACY, [good(LEGACY), good(LEGACY), deleted(), good(LEGACY)]);
  await expect(end).rejects.toMatchObject({ code: 'still-active' });
});

it('knows that a token is dead where it was alive before', async () => {
  const bench = await startBench(kubernetes, oneCluster, [
    good(LEGACY),
    good(LEGACY),
    deleted(),
    bad(LEGACY, FOREIGN),
    gone(),
  ]);
  try {
    const { verified } = await runStep(bench, new Secret(LEGACY), { kind: 'service-account-token' });
    expect(verified).toBe(true);
  } finally {
    await bench.close();
  }
});

/** Of the same service account, each hour another one; or of that of another cluster, which has the same name. */
const ourToken = (uid: string, exp: number) =>
  tokenWith({
    ...{ exp, iss: 'https://kubernetes.default.svc', sub: 'system:serviceaccount:quash:quash' },
    'kubernetes.io': { namespace: 'quash', serviceaccount: { name: 'quash', uid } },
  });
const byIssuer = (sub: string, exp: number) => tokenWith({ exp, iss: 'https://idp.example.com', sub });

it.each([
  [
    'is dead where it is gone from the cluster, by a newer token of ours',
    ourToken,
    'uid-1',
    FOREIGN,
    'already-inactive',
  ],
  ['is not dead by the word of another cluster that took the address', ourToken, 'uid-2', FOREIGN, 'refused'],
  // Each cluster that trusts the issuer knows us by the same name.
  ['is not dead so either by a token of ours that an issuer renewed', byIssuer, 'uid-1', FOREIGN, 'refused'],
  ['is not dead so either by one that says nothing', () => OURS, 'uid-1', FOREIGN, 'refused'],
  [
    'is dead by such a token once the cluster says that it had been good',
    byIssuer,
    'uid-1',
    INVALIDATED,
    'already-inactive',
  ],
])('a token that was let in %s', async (_what, issue, uid, words, outcome) => {
  const as = (token: string) => (each: Exchange) => ({
    ...each,
    expect: { ...each.expect, headers: { authorization: `Bearer ${token}` } },
  });
  const of = (token: string) => (url: string) => ({ clusters: [{ url, token }] });
  const [first, later] = [issue('uid-1', 1_900_000_000), issue(uid, 1_900_003_600)];
  const notes: unknown[] = [];
  const away = { ...good(LEGACY), answer: { status: 503 } };
  const down = endOf(LEGACY, [good(LEGACY), away].map(as(first)), of(first), { notes });
  await expect(down).rejects.toMatchObject({ code: 'unavailable' });
  const looks = uid === 'uid-1' ? [bad(LEGACY, words), gone()] : [bad(LEGACY, words)];
  const { result } = await endOf(LEGACY, looks.map(as(later)), of(later), { notes });
  expect(result).toMatchObject({ outcome });
});

it('promises of a token of ours that can tell clusters apart no more than it can do for what was seen before', async () => {
  const as = (own: string) => (each: Exchange) => ({
    ...each,
    expect: { ...each.expect, headers: { authorization: `Bearer ${own}` } },
  });
  const of = (token: string) => (url: string) => ({ clusters: [{ url, token }] });
  const notes: unknown[] = [];
  const away = { ...good(LEGACY), answer: { status: 503 } };
  await expect(endOf(LEGACY, [good(LEGACY), away], of(OURS), { notes })).rejects.toThrow(Failure);
  const told = await endOf(LEGACY, [bad(LEGACY, FOREIGN), gone()], of(OURS), { notes });
  const able = ourToken('uid-1', 1_900_000_000);
  const after = await endOf(LEGACY, [bad(LEGACY, FOREIGN)].map(as(able)), of(able), { notes });
  expect(after.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  expect(told.result).toMatchObject({ advice: expect.stringContaining('sees work from then on') });
});

it('asks the next cluster when one does not answer, and stops no other work for that', async () => {
  const down: Exchange = { ...good(LEGACY, { prefix: '/a' }), answer: { status: 503 } };
  const end = endOf(LEGACY, [down, bad(LEGACY, FOREIGN, { prefix: '/b' })], twoClusters);
  await expect(end).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('takes no token when no cluster is configured', async () => {
  const bench = await startBench(kubernetes, () => ({}), []);
  await bench.close();
  expect(bench.provider.kinds).toEqual([]);
});

describe('a token whose Secret an earlier version deleted, which kept the address alone', () => {
  const verified = async (exchanges: readonly Exchange[]) => {
    const notes: unknown[] = [];
    const config = (url: string) => {
      notes.push({ quash: 1, seenAlive: [url], took: 'revoked', note: { account: url, found: {} } });
      return oneCluster(url);
    };
    const bench = await startBench(kubernetes, config, exchanges);
    onTestFinished(() => bench.close());
    const [token, options] = [new Secret(LEGACY), { kind: 'service-account-token', notes }];
    return bench.provider.verify?.(token, stepOf(bench.provider, token, options));
  };

  it.each([INVALIDATED, FOREIGN])('is dead once that is gone, by the words %s', async (words) => {
    expect(await verified([bad(LEGACY, words), gone()])).toBe('dead');
    const there = probing('secrets', 409, refusal(409, 'Conflict'));
    await expect(verified([bad(LEGACY, words), there])).rejects.toMatchObject({ code: 'suspended' });
    expect(await verified([good(LEGACY)])).toBe('alive');
  });
});
