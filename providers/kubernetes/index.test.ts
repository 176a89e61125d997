import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  bad,
  boundUntil,
  cases,
  deleted,
  deletion,
  FOREIGN,
  good,
  INVALIDATED,
  LEGACY,
  OURS,
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

async function endOf(token: string, exchanges: readonly Exchange[], config = oneCluster) {
  const bench = await startBench(kubernetes, config, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), { kind: 'service-account-token' });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('a token that is in no Secret', () => {
  const hour = 60 * 60;
  const now = Math.floor(new FakeClock().now() / 1000);
  const audiences = ['https://kubernetes.default.svc', 'vault'];

  it('is left to die when that is soon', async () => {
    const token = boundUntil(now + hour);
    const { result } = await endOf(token, [good(token, { audiences })]);
    const expiresAt = new Date((now + hour) * 1000).toISOString();
    expect(result).toMatchObject({ outcome: 'expires', evidence: { expiresAt } });
  });

  it('goes to a person when it works for long', async () => {
    const token = boundUntil(now + 25 * hour);
    const { result } = await endOf(token, [good(token, { audiences })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('is dead when its time is over, whatever the cluster says', async () => {
    const token = boundUntil(now - hour);
    const { result } = await endOf(token, [bad(token, FOREIGN, { audiences })]);
    expect(result.outcome).toBe('already-inactive');
  });
});

it('deletes no Secret that only the committer names', async () => {
  const { result } = await endOf(LEGACY, [bad(LEGACY, FOREIGN)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('takes a Secret that is gone already for deleted, and proves it', async () => {
  const gone = deletion(404, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
  const { verified } = await endOf(LEGACY, [good(LEGACY), gone, bad(LEGACY, INVALIDATED)]);
  expect(verified).toBe(true);
});

it('sees that a reviewed token is still alive while the cluster remembers it', async () => {
  const end = endOf(LEGACY, [good(LEGACY), deleted(), good(LEGACY)]);
  await expect(end).rejects.toMatchObject({ code: 'still-active' });
});

it('knows that a token is dead where it was alive before', async () => {
  const bench = await startBench(kubernetes, oneCluster, [good(LEGACY), deleted(), bad(LEGACY, FOREIGN)]);
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
