import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  disabling,
  fails,
  ID,
  list,
  ofUser,
  opened,
  PERSONAL,
  record,
  seenTwice,
  session,
  works,
} from './cases.ts';
import { dockerhub } from './index.ts';

for (const spec of cases) describeProvider(spec);

const OTHER = '00000000-506c-4ecd-aabc-842f3cb484fb';

async function run(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(dockerhub, ofUser, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(PERSONAL), { kind: 'personal-token', notes });
  bench.verify();
  return end;
}

it('takes no kind whose owners are not configured', async () => {
  const bench = await startBench(dockerhub, ofUser, []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['personal-token']);
});

it('sets no token inactive when a later page has another active one', async () => {
  const next = 'https://hub.docker.com/v2/access-tokens?page=2&page_size=100';
  const { result } = await run([...opened, list([record(ID)], next), list([record(OTHER)], null, 2)]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: {
      owner: 'moby',
      candidates: [{ tokenId: ID, createdAt: '2021-07-20T12:00:00.000000Z' }, { tokenId: OTHER }],
    },
  });
});

it('does not count tokens that are inactive or expired', async () => {
  const dead = [record(OTHER, { is_active: false }), record(OTHER, { expires_at: '2000-01-01T00:00:00Z' })];
  const exchanges = [
    ...opened,
    list([...dead, record(ID)]),
    ...opened,
    list([...dead, record(ID)]),
    disabling(200, record(ID, { is_active: false })),
    fails,
  ];
  expect(await run(exchanges)).toMatchObject({ verified: true, result: { evidence: { tokenId: ID } } });
});

it('sets no token inactive while another one has ended by our clock alone', async () => {
  const ending = record(OTHER, { expires_at: '2025-12-31T23:55:00Z' });
  const { result } = await run([...opened, list([ending, record(ID)])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('sets no token inactive while another one lives by the clock of Docker Hub, days behind ours', async () => {
  const ending = record(OTHER, { expires_at: '2025-12-20T12:00:00Z' });
  const { expect: call, answer } = list([ending, record(ID)]);
  const dated = { ...answer, headers: { date: 'Sat, 20 Dec 2025 11:00:00 GMT' } };
  const { result } = await run([...opened, { expect: call, answer: dated }]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it.each(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z'])(
  'sets no token inactive while another one has no end, written as %s',
  async (expires_at) => {
    const { result } = await run([...opened, list([record(OTHER, { expires_at }), record(ID)])]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  },
);

it('sets no other token inactive, however old, before a deleted one would be refused', async () => {
  const others = list([record(OTHER)]);
  const end = run([...opened, others, fails, session, others]);
  await expect(end).rejects.toMatchObject({ code: 'suspended' });
});

it('is not done while the token still logs in', async () => {
  const exchanges = [...seenTwice, disabling(200, record(ID, { is_active: false })), works];
  await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
});

it('does not believe an answer that shows the token as still active', async () => {
  const exchanges = [...seenTwice, disabling(200, record(ID))];
  await expect(run(exchanges)).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('knows after a crash that the token which is gone was its own to revoke', async () => {
  const inactive = list([record(ID, { is_active: false })]);
  const end = await run([fails, session, inactive], [{ keeper: 'moby', id: ID }]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('does not take a refused log-in for the end of a token that its owner still has', async () => {
  const end = run([fails, session, list([record(ID)])], [{ keeper: 'moby', id: ID }]);
  await expect(end).rejects.toMatchObject({ code: 'suspended' });
});

it('sets no token inactive that has become another one since', async () => {
  const exchanges = [...opened, list([record(OTHER)])];
  const { result } = await run(exchanges, [{ keeper: 'moby', id: ID }]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('leaves a user alone for a while after ten refused log-ins', async () => {
  const bench = await startBench(
    dockerhub,
    ofUser,
    Array.from({ length: 11 }, () => fails),
  );
  onTestFinished(() => bench.close());
  const attempt = () => runStep(bench, new Secret(PERSONAL), { kind: 'personal-token' });
  for (let count = 0; count < 10; count++) await attempt();
  await expect(attempt()).rejects.toMatchObject({
    code: 'throttled',
    scope: 'entry',
    retryAfterMs: 3_600_000,
  });
  expect(bench.requests).toHaveLength(10);
  await bench.clock.advance(3_600_000);
  expect((await attempt()).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('makes few steps in an hour, as each may be a wrong log-in', () => {
  expect(dockerhub.rate).toEqual({ steps: 20, perMs: 3_600_000 });
});
