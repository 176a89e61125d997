import { expect, it, onTestFinished } from 'vitest';
import { isWholeToken } from '../../src/provider/death.ts';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ACCOUNTS,
  accounts,
  alive,
  cases,
  config,
  deletion,
  denial,
  invalid,
  itself,
  noAccount,
  nobody,
  nobodys,
  record,
  TOKEN,
  tokens,
} from './cases.ts';
import { grafana } from './index.ts';

for (const spec of cases) describeProvider(spec);

const FOUND = [alive, ACCOUNTS, tokens([record(7)]), nobodys];

for (const spec of cases.slice(0, 1)) {
  itEndsAtCopies(spec, (urls) => ({ instances: urls.flatMap((url) => config(url).instances) }), {
    look: FOUND,
    again: [alive, tokens([record(7)]), nobodys],
    revoke: [deletion(200, 'deleted')],
    gone: [invalid],
  });
}

async function run(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(grafana, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'service-account-token', notes });
  bench.verify();
  return end;
}

it('deletes no token for a text that a proxy replaces by its own token', async () => {
  const letIn = { ...nobodys, answer: alive.answer };
  const forged = run([alive, ACCOUNTS, tokens([record(7)]), letIn]);
  await expect(forged).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('deletes none of several active tokens of the service account', async () => {
  const { result } = await run([alive, ACCOUNTS, tokens([record(7), record(8)])]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { serviceAccountId: 11, candidates: [{ tokenId: 7 }, { tokenId: 8 }] },
  });
});

it('does not count tokens that have ended', async () => {
  const ended = [record(6, { hasExpired: true }), record(8, { isRevoked: true })];
  const end = await run([
    alive,
    ACCOUNTS,
    tokens([...ended, record(7)]),
    nobodys,
    alive,
    tokens([record(7)]),
    nobodys,
    deletion(200, 'deleted'),
    invalid,
  ]);
  expect(end).toMatchObject({ verified: true, result: { evidence: { record: '11/tokens/7' } } });
});

it('looks for the service account on all pages', async () => {
  const end = run([alive, accounts(['sa-1-other'], 1, 1001), accounts(['sa-1-another'], 2, 1001)]);
  expect((await end).result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('deletes nothing when a second token has come up since it was found', async () => {
  const { result } = await run([...FOUND, alive, tokens([record(7), record(8)])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('deletes no token by which the leaked one is replaced while it is looked for', async () => {
  const replaced = tokens([record(9)]);
  const { result } = await run([...FOUND, alive, replaced, nobodys, invalid]);
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

it('does not take a refusal that passes for the death of a token that worked', async () => {
  const disabled = itself(401, denial('user.sync.user-disabled', 'User is disabled'));
  const end = run([...FOUND, disabled]);
  await expect(end).rejects.toMatchObject({ code: 'suspended' });
});

it.each([
  ['has its record no more', tokens([record(8)])],
  ['has its service account no more', noAccount],
])('knows, where anonymous access is on, that a token is dead when the instance %s', async (_what, list) => {
  const deleted = [alive, tokens([record(7)]), nobodys, deletion(200, 'deleted'), nobody, list];
  expect(await run([...FOUND, ...deleted])).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  expect((await run([...FOUND, nobody, list])).result).toMatchObject({ outcome: 'already-inactive' });
});

it('calls no token dead, where anonymous access is on, while the instance has its record', async () => {
  await expect(run([...FOUND, nobody, tokens([record(7)])])).rejects.toMatchObject({ code: 'suspended' });
  expect((await run([nobody])).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('takes the older words for a token that is not known', async () => {
  const { result } = await run([itself(401, { message: 'Invalid API key' })]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it.each(['Expired API key', 'Revoked token'])(
  'takes the older words %j for the end of this token',
  async (message) => {
    const { result } = await run([itself(401, { message })]);
    expect(result).toMatchObject({ outcome: 'already-inactive' });
  },
);

it('leaves a token of another organization of the instance alone', async () => {
  const { result } = await run([itself(200, { login: 'sa-1-deployer', orgId: 2 })]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not take a token for gone that is let in as one of another organization since', async () => {
  const end = run([...FOUND, itself(200, { login: 'sa-2-proxy', orgId: 2 })]);
  await expect(end).rejects.toMatchObject({ code: 'still-active' });
});

it('sends a token that cannot say whose it is to a person', async () => {
  const { result } = await run([itself(404, { message: 'user not found' })]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it('knows after a crash, by the note of an earlier version, that the token which is gone was its own', async () => {
  const bench = await startBench(grafana, config, [invalid]);
  onTestFinished(() => bench.close());
  const [check] = (await bench.provider.check?.(AbortSignal.abort())) ?? [];
  const notes = [{ keeper: check?.name.replace('credential of ', ''), id: '11/tokens/7' }];
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'service-account-token', notes });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it.each(['ci', 'ci-', 'ci-1'])(
  'takes an API key named %s without its padding for no whole one',
  async (n) => {
    const bench = await startBench(grafana, config, []);
    onTestFinished(() => bench.close());
    const kind = bench.provider.kinds.find(({ id }) => id === 'api-key');
    const key = Buffer.from(JSON.stringify({ k: 'a1B2c3D4'.repeat(4), n, id: 1 })).toString('base64');
    const isWhole = (text: string) => kind && isWholeToken(kind, new Secret(text));
    const bare = key.replaceAll('=', '');
    expect([isWhole(key), isWhole(bare)]).toEqual([true, bare === key]);
  },
);

it('ends a token that version 0.1.0 saw work, which called the account otherwise', async () => {
  const before = async () => {
    const bench = await startBench(grafana, config, []);
    onTestFinished(() => bench.close());
    const [check] = (await bench.provider.check?.(AbortSignal.abort())) ?? [];
    const name = check?.name.replace('credential of ', '').replace('organization', 'organisation');
    return { keeper: name, id: '11/tokens/7' };
  };
  const again = [alive, tokens([record(7)]), nobodys];
  const end = await run([...FOUND, ...again, deletion(200, 'deleted'), invalid], [await before()]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  const expired = itself(401, denial('api-key.expired', 'Expired API key'));
  expect(await run([expired], [await before()])).toMatchObject({
    ...{ verified: true, result: { outcome: 'already-inactive' } },
  });
  // Where that version has revoked it, no more than the proof is missing.
  const bench = await startBench(grafana, config, [invalid]);
  onTestFinished(() => bench.close());
  const taken = stepOf(bench.provider, new Secret(TOKEN), {
    ...{ kind: 'service-account-token', notes: [await before()] },
  });
  expect(await bench.provider.verify?.(new Secret(TOKEN), taken)).toBe('dead');
});
