import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
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
  FOREIGN,
  GONE_WITH_ITS_ACCOUNT,
  good,
  INVALIDATED,
  LEGACY,
  OURS,
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

  it('goes to a person when it works for long', async () => {
    const token = boundUntil(now + 25 * hour);
    const { result } = await endOf(token, [good(token, CI), good(token, CI)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('is not dead by its own word, which anybody may write', async () => {
    const token = boundUntil(now - hour);
    const { result } = await endOf(token, [bad(token, FOREIGN, AUDIENCES)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

it.each([
  INVALIDATED,
  GONE_WITH_ITS_ACCOUNT,
  '[invalid bearer token, service account token has been invalidated]',
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
    const exchanges = [marked, marked, deleted(), bad(LEGACY, INVALIDATED)];
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
  const gone = deletion(404, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
  const { verified } = await endOf(LEGACY, [good(LEGACY), good(LEGACY), gone, bad(LEGACY, INVALIDATED)]);
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
  ]);
  try {
    const { verified } = await runStep(bench, new Secret(LEGACY), { kind: 'service-account-token' });
    expect(verified).toBe(true);
  } finally {
    await bench.close();
  }
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
