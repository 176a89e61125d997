import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, config, dead, deletion, list, policy, record, TOKEN } from './cases.ts';
import { grafanaCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], orgId?: string) {
  const bench = await startBench(grafanaCloud, () => config(orgId), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-policy-token' });
  bench.verify();
  return end;
}

it('does not delete the living namesake of a dead token', async () => {
  const { result } = await run([dead]);
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

it("takes the name of the token's own access policy in front of its name, and no other", async () => {
  const end = await run([
    alive,
    list([record('t0', 'writer'), record('t1', 'writer')]),
    policy('t0', 'logs'),
    policy('t1', 'metrics'),
    deletion(200, {}),
    dead,
  ]);
  expect(end).toMatchObject({ verified: true, result: { evidence: { orgId: '4711', tokenId: 't1' } } });
});

it('deletes neither of two that may be it', async () => {
  const { result } = await run([
    alive,
    list([record('t0', 'metrics-writer'), record('t1', 'writer')]),
    policy('t1', 'metrics'),
  ]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('reads the list to its end, by the cursor alone', async () => {
  const { result } = await run([
    alive,
    list([record('t0', 'metrics-writer')], { next: 'https://elsewhere.example.com/v1/tokens?pageCursor=c2' }),
    list([record('t1', 'metrics-writer')], { cursor: 'c2' }),
  ]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('does not send a token of another organisation anywhere', async () => {
  const { result } = await run([], '4712');
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});
