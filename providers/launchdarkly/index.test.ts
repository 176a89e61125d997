import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, dead, deletion, EU, FEDERAL, ID, record, TOKEN, US, whoAmI } from './cases.ts';
import { launchdarkly } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(launchdarkly, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  return end;
}

it('takes a 401 to the deletion for a lack of rights, as the token has just said who it is', async () => {
  const refusal = deletion(401, { code: 'unauthorized', message: 'Your role does not permit this' });
  const { result } = await run([alive(), alive(), record(), refusal]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('leaves a token that was reset alone, as the secret that did not leak would end with the former one', async () => {
  const { result } = await run([alive(), alive(), record(US, 200, { _id: ID, token: 'ffff' })]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
});

it('deletes nothing that it may not look at', async () => {
  const forbidden = { code: 'forbidden', message: 'Access denied' };
  const { result } = await run([alive(), alive(), record(US, 403, forbidden)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

describe('a token that is refused in other words, as from an address that is not allowed', () => {
  const keptOut = (at?: string) =>
    whoAmI(401, { code: 'unauthorized', message: 'Not allowed from here' }, at);

  it.each([
    ['though all others refuse it', [keptOut(), dead(EU), dead(FEDERAL)]],
    ['though it worked before', [alive(), keptOut()]],
  ])('is not dead, %s', async (_, exchanges) => {
    const { result } = await run(exchanges);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('is dead once it was deleted', async () => {
    const end = await run([alive(), alive(), record(), deletion(204), keptOut()]);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });
});

describe('a token that works, and is not told its id', () => {
  const unnamed = whoAmI(200, {
    ...{ accountId: '57daae0f', authKind: 'token', tokenKind: 'auth' },
    ...{ tokenName: 'ci', serviceToken: true },
  });

  it('goes to a person', async () => {
    const { result } = await run([unnamed]);
    expect(result).toMatchObject({
      ...{ outcome: 'refused', reason: 'not-permitted' },
      advice: expect.stringContaining('does not say which one'),
    });
  });

  it('is not dead', async () => {
    const step = run([alive(), alive(), record(), deletion(204), unnamed]);
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  });
});

it('is dead by the words that any text gets which is no token', async () => {
  const noToken = (at: string) =>
    whoAmI(401, { code: 'unauthorized', message: 'Invalid account ID header' }, at);
  const { result } = await run([noToken(US), noToken(EU), noToken(FEDERAL)]);
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

describe('a token of another instance', () => {
  it('is revoked in Europe', async () => {
    const end = await run([dead(), alive(EU), alive(EU), record(EU), deletion(204, undefined, EU), dead(EU)]);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('is revoked at the federal instance while another is down', async () => {
    const down: Exchange = { ...dead(EU), answer: { status: 503 } };
    const there = [
      alive(FEDERAL),
      alive(FEDERAL),
      record(FEDERAL),
      deletion(204, undefined, FEDERAL),
      dead(FEDERAL),
    ];
    const end = await run([dead(), down, ...there]);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('is not dead while an instance says something else', async () => {
    const step = run([dead(), whoAmI(401, { message: 'Sign in to the proxy' }, EU), dead(FEDERAL)]);
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});
