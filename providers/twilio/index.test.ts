import { expect, it, onTestFinished } from 'vitest';
import { ConfigFault, type Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ACCOUNT, AUTH_TOKEN, cases, found, keyCall, missing, SID, UNAUTHENTICATED } from './cases.ts';
import { twilio } from './index.ts';

for (const spec of cases) describeProvider(spec);

const OTHER_ACCOUNT = `AC${'1'.repeat(32)}`;

async function start(exchanges: readonly Exchange[], sids: readonly string[] = [ACCOUNT]) {
  const accounts = sids.map((sid) => ({ sid, secret: AUTH_TOKEN }));
  const bench = await startBench(twilio, () => ({ accounts }), exchanges);
  onTestFinished(() => bench.close());
  return bench;
}

it('takes no type while no account is configured', async () => {
  const bench = await startBench(twilio, () => ({}), []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds).toEqual([]);
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const bench = await start([{ ...missing, expect: keyCall('DELETE', 404).expect }, missing]);
  const notes = [{ keeper: ACCOUNT, id: 'key' }];
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key', notes });
  expect(end).toMatchObject({
    verified: true,
    result: { outcome: 'revoked', evidence: { account: ACCOUNT } },
  });
});

it('asks the next account when one refuses us, and is not content with "not found" there', async () => {
  const elsewhere = (exchange: Exchange): Exchange => ({
    ...exchange,
    expect: { ...exchange.expect, headers: { authorization: /^Basic / } },
  });
  const bench = await start(
    [elsewhere(keyCall('GET', 401, UNAUTHENTICATED)), missing],
    [OTHER_ACCOUNT, ACCOUNT],
  );
  await expect(runStep(bench, new Secret(SID), { kind: 'api-key' })).rejects.toMatchObject({
    code: 'credential-refused',
    scope: 'entry',
  });
  bench.verify();
});

it('finds the key in the second account', async () => {
  const first: Exchange = { ...missing, expect: { ...missing.expect, headers: {} } };
  const bench = await start([first, found, keyCall('DELETE', 204), missing], [OTHER_ACCOUNT, ACCOUNT]);
  const end = await runStep(bench, new Secret(SID), { kind: 'api-key' });
  expect(end).toMatchObject({ verified: true, result: { evidence: { account: ACCOUNT } } });
});

it('does not delete the Main key that it works with', async () => {
  const bench = await start([], [SID]);
  const { result } = await runStep(bench, new Secret(SID), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('tells the operator which credential is refused', async () => {
  const bench = await start([
    {
      expect: { method: 'GET', path: `/iam.twilio.com/v1/Keys/SK${'0'.repeat(32)}` },
      answer: { status: 401, json: UNAUTHENTICATED },
    },
  ]);
  expect(await bench.provider.check?.(new AbortController().signal)).toEqual([
    { name: `credential of ${ACCOUNT}`, ok: false, advice: expect.stringContaining('Main API key') },
  ]);
});

it('does not start with the same account twice', () => {
  const config = twilio.config.parse({
    accounts: [ACCOUNT, ACCOUNT].map((sid) => ({ sid, secret: AUTH_TOKEN })),
  });
  const tools = { upstream: () => ({ base: 'https://iam.twilio.com' }) } as unknown as Tools;
  expect(() => twilio.create(config, tools)).toThrow(ConfigFault);
});
