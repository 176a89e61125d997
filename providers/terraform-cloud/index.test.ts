import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { callsWith, cases, TOKEN } from './cases.ts';
import { terraformCloud } from './index.ts';

const { account, list } = callsWith(TOKEN);

for (const spec of cases) describeProvider(spec);

it.each<[string, Exchange[], string]>([
  ['one of several tokens of a user', [account(), list('at-1', 'at-2')], 'ambiguous'],
  ['the token of a team', [account({ id: 'team-1', type: 'teams' })], 'unsupported-kind'],
])('deletes nothing for %s', async (_name, exchanges, reason) => {
  const bench = await startBench(terraformCloud, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason });
  bench.verify();
});

it('asks the host of Europe, too, where no hosts are configured', async () => {
  const { dead } = callsWith(TOKEN);
  const inEurope = callsWith(TOKEN, 'app.eu.terraform.io');
  const seen = [inEurope.account(), inEurope.list('at-1')];
  const removed = [inEurope.remove('/authentication-tokens/at-1'), inEurope.dead];
  const bench = await startBench(terraformCloud, () => ({}), [dead, ...seen, ...seen, ...removed]);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  bench.verify();
  expect(ended).toMatchObject({
    verified: true,
    result: { outcome: 'revoked', evidence: { tokenId: 'at-1', inferred: true } },
  });
});

it('takes no other token for the leaked one, however old, before a deleted one would be refused', async () => {
  const { dead } = callsWith(TOKEN);
  const config = () => ({ hosts: ['https://app.terraform.io'] });
  const bench = await startBench(terraformCloud, config, [account(), list('at-2'), dead]);
  onTestFinished(() => bench.close());
  const startedMs = bench.clock.now();
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  expect(bench.clock.now() - startedMs).toBe(600_000);
  bench.verify();
});

it('takes no single token of a first page for the only one', async () => {
  const page = list('at-1');
  const { json } = page.answer as { json: object };
  const meta = { pagination: { 'current-page': 1, 'next-page': 2 } };
  const first = { ...page, answer: { ...page.answer, json: { ...json, meta } } } as Exchange;
  const bench = await startBench(terraformCloud, () => ({}), [account(), first]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

/** It works, its deletion fails, and then it is refused. */
async function expectAPerson(host: string, seen: readonly Exchange[], path: string): Promise<void> {
  const notes: unknown[] = [];
  const there = callsWith(TOKEN, host);
  const down: Exchange = { ...there.remove(path), answer: { status: 503 } };
  const config = () => ({ hosts: [`https://${host}`] });
  const bench = await startBench(terraformCloud, config, [...seen, ...seen, down, there.dead]);
  onTestFinished(() => bench.close());
  const step = () => runStep(bench, new Secret(TOKEN), { kind: 'api-token', notes });
  await expect(step()).rejects.toMatchObject({ code: 'unavailable' });
  expect((await step()).result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  bench.verify();
}

it.each(['tfe.example.com', 'app.terraform.io'])(
  'does not call the token of a user dead that worked and is refused, at %s',
  async (host) => {
    const there = callsWith(TOKEN, host);
    const checked = host === 'tfe.example.com' ? [there.nobodys] : [];
    const seen = [there.account(), ...checked, there.list('at-1')];
    await expectAPerson(host, seen, '/authentication-tokens/at-1');
  },
);

it.each([
  ['a user', undefined],
  ['an organization', { id: 'acme', type: 'organizations' }],
])('deletes no token of %s as whom a proxy signs everybody in', async (_whom, owner) => {
  const there = callsWith(TOKEN, 'tfe.example.com');
  const letIn = { ...there.nobodys, answer: there.account(owner).answer };
  const config = () => ({ hosts: ['https://tfe.example.com'] });
  const bench = await startBench(terraformCloud, config, [there.account(owner), letIn]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});

it.each([
  ['tfe.example.com', 1],
  ['app.terraform.io', 0],
])('nor that of an organization, which may limit the life of its tokens, at %s', async (host, checks) => {
  const there = callsWith(TOKEN, host);
  const checked = [there.nobodys].slice(0, checks);
  const seen = [there.account({ id: 'acme', type: 'organizations' }), ...checked];
  await expectAPerson(host, seen, '/organizations/acme/authentication-token');
});

it('deletes a token at an installation that was restored from a copy, too', async () => {
  const one = callsWith(TOKEN, 'tfe.example.com');
  const other = callsWith(TOKEN, 'tfe-test.example.com');
  const ending = ({ account, nobodys, list, remove }: typeof one) => {
    const seen = [account(), nobodys, list('at-1')];
    return [...seen, ...seen, remove('/authentication-tokens/at-1')];
  };
  const exchanges = [...ending(one), ...ending(other), other.dead, one.dead];
  const config = () => ({ hosts: ['https://tfe.example.com', 'https://tfe-test.example.com'] });
  const bench = await startBench(terraformCloud, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'api-token' });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});
