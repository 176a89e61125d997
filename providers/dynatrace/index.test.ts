import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ACCESS_TOKEN,
  ACCOUNT,
  active,
  CLIENT_SECRET,
  cases,
  found,
  inactivated,
  login,
  lookup,
  OPERATOR,
  PLATFORM_ID,
  PLATFORM_TOKEN,
  RECORD,
  search,
} from './cases.ts';
import { dynatrace } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], approved = true) {
  const accounts = [{ uuid: ACCOUNT, clientId: 'dt0s02.CLIENT', clientSecret: CLIENT_SECRET }];
  const bench = await startBench(dynatrace, () => ({ accounts }), exchanges);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['platform-token']);
  const end = await runStep(bench, new Secret(PLATFORM_TOKEN), {
    kind: 'platform-token',
    mayActUnproven: approved,
  });
  bench.verify();
  return end;
}

it('holds a platform token whose public id alone is known', async () => {
  const { result } = await run(found, false);
  expect(result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { tokenId: PLATFORM_ID } });
});

it('is not done while the platform token is listed as active', async () => {
  const script = [...found, login(), inactivated, login(), active];
  await expect(run(script)).rejects.toMatchObject({ code: 'still-active' });
});

it('does not call a text dead because the record of its id is inactive', async () => {
  const { result } = await run([login(), search('ACTIVE', [])], false);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not take a token whose name mentions the leaked one for it', async () => {
  const { result } = await run([login(), search('ACTIVE', ['dt0s16.OTHERONE'])], false);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a token unknown when the search was cut off', async () => {
  const script = [login(), search('ACTIVE', ['dt0s16.OTHERONE'], 101)];
  await expect(run(script, false)).rejects.toMatchObject({ code: 'unexpected-answer' });
});

describe('a lookup that is answered 404 without a body', () => {
  const end = async (...exchanges: readonly Exchange[]) => {
    const config = (url: string) => ({ environments: [{ url, token: OPERATOR }] });
    const bench = await startBench(dynatrace, config, exchanges);
    onTestFinished(() => bench.close());
    const ended = await runStep(bench, new Secret(ACCESS_TOKEN), { kind: 'access-token' });
    bench.verify();
    return ended;
  };
  const own = lookup(200, { ...RECORD, id: 'dt0c01.OURS' }, OPERATOR);

  it('is of a token that the environment does not know, where it knows our own', async () => {
    const { result } = await end(lookup(404), own);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('may be a proxy’s', async () => {
    const script = [lookup(404), lookup(404, undefined, OPERATOR)];
    await expect(end(...script)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});
