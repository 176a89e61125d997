import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import {
  alive,
  cases,
  codeCall,
  config,
  dead,
  missesTheCode,
  missesTheCodeAsBefore,
  NOT_AUTHORIZED,
  PRODUCTION,
  refusedAs,
  revokeCall,
  SANDBOX,
  SECRET,
  TOKEN,
} from './cases.ts';
import { square } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('square', () => {
  it('can act on nothing without an application', async () => {
    const bench = await startBench(square, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('revokes a token of the sandbox at the sandbox', async () => {
    const exchanges = [
      dead(),
      alive(SANDBOX),
      alive(SANDBOX),
      revokeCall(200, { success: true }, SANDBOX),
      dead(SANDBOX),
    ];
    const bench = await startBench(square, config, exchanges);
    const ended = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await bench.close();
    bench.verify();
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it.each([
    { says: missesTheCode, ok: true },
    { says: missesTheCodeAsBefore, ok: true },
    { says: NOT_AUTHORIZED, ok: false },
  ])(
    'checks the secret of each application where that is, with a code that nobody has (%#)',
    async ({ says, ok }) => {
      const sandboxed = { id: 'sandbox-sq0idb-Quash', secret: SECRET };
      const applications = [...config().applications, sandboxed];
      const exchanges = [codeCall(says), codeCall(says, SANDBOX, sandboxed.id)];
      for (const [index, exchange] of exchanges.entries()) {
        const bench = await startBench(
          square,
          () => ({ applications: applications.slice(index, index + 1) }),
          [exchange],
        );
        const checks = await bench.provider.check?.(new AbortController().signal);
        await bench.close();
        bench.verify();
        expect(checks).toMatchObject([{ ok, name: `Square application ${applications[index]?.id}` }]);
      }
    },
  );

  it('leaves a live token of a foreign application to a person, and sends no secret for it', async () => {
    const bench = await startBench(square, config, [alive(PRODUCTION, 'sq0idp-foreign')]);
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await bench.close();
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      evidence: { application: 'sq0idp-foreign' },
    });
  });

  it('does not take an answer without success for a revocation', async () => {
    const bench = await startBench(square, config, [alive(), alive(), revokeCall(200, { success: false })]);
    const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
    await bench.close();
  });

  it.each(['ACCESS_TOKEN_REVOKED', 'ACCESS_TOKEN_EXPIRED'])(
    'takes %s for the end of the token',
    async (code) => {
      const bench = await startBench(square, config, [refusedAs(code)]);
      const ended = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
      await bench.close();
      expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    },
  );

  it('knows after a crash that a token which worked is dead', async () => {
    const bench = await startBench(square, config, [alive(), alive(), revokeCall(), dead(), dead()]);
    const step = { kind: 'access-token', notes: [] };
    await runStep(bench, new Secret(TOKEN), step);
    const again = await runStep(bench, new Secret(TOKEN), step);
    await bench.close();
    expect(again).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });
});
