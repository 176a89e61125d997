import { expect, it, onTestFinished } from 'vitest';
import { isWholeToken } from '../../src/provider/death.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  cases,
  config,
  dead,
  deletion,
  error,
  FOUND,
  itself,
  list,
  policy,
  record,
  TOKEN,
} from './cases.ts';
import { grafanaCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], orgId?: string, mayActUnproven = true) {
  const bench = await startBench(grafanaCloud, () => config(orgId), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-policy-token', mayActUnproven });
  bench.verify();
  return end;
}

it('deletes nothing by a name that stands inside the token, unless a person has approved it', async () => {
  const { result } = await run([alive, FOUND, alive, FOUND], undefined, false);
  expect(result).toMatchObject({ outcome: 'held', evidence: { tokenId: 't1', works: 'not known' } });
});

it('does not delete the living namesake of a dead token', async () => {
  const { result } = await run([dead]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it.each([
  [401, error('SomethingElse')],
  [401, { code: 'Unauthorized', message: 'Login Required', requestId: 'r-1' }],
  [403, { message: 'Your address is not allowed.' }],
])('takes %i %j neither for a dead token nor for a living one', async (status, json) => {
  await expect(run([itself(status, json)])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('finds a token that lacks the scope to list tokens', async () => {
  const scopeless = itself(401, {
    code: 'Unauthorized',
    message:
      'invalid permission: access policy missing required scope [accesspolicies:read], received [metrics:write, logs:write]',
    requestId: 'r-1',
  });
  const { result } = await run([scopeless, FOUND, scopeless, FOUND, deletion(204), dead]);
  expect(result).toMatchObject({ outcome: 'revoked' });
});

it('sends a token to a person whose region does not exist', async () => {
  const { result } = await run([itself(404, error('NotFound'))]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unrecognised' });
});

it('takes a region that is not found for no death', async () => {
  const end = await run([alive, FOUND, alive, FOUND, deletion(204), itself(404, error('NotFound'))]);
  expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
});

it("takes the name of the token's own access policy in front of its name, and no other", async () => {
  const found = [
    alive,
    list([record('t0', 'writer'), record('t1', 'writer')]),
    policy('t0', 'logs'),
    policy('t1', 'metrics'),
  ];
  const end = await run([...found, ...found, deletion(200, {}), dead]);
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

it('does not send a token of another organization anywhere', async () => {
  const { result } = await run([], '4712');
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it.each(['ci', 'ci-', 'ci-1'])('takes a token named %s without its padding for no whole one', async (n) => {
  const bench = await startBench(grafanaCloud, () => config(), []);
  onTestFinished(() => bench.close());
  const [kind] = bench.provider.kinds;
  const content = { o: '4711', n, k: 'not-a-key-'.repeat(3), m: { r: 'prod-eu-west-0' } };
  const token = ['glc', Buffer.from(JSON.stringify(content)).toString('base64')].join('_');
  const isWhole = (text: string) => kind && isWholeToken(kind, new Secret(text));
  const bare = token.replaceAll('=', '');
  expect([isWhole(token), isWhole(bare)]).toEqual([true, bare === token]);
});
