import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, disable, KEY, known, problem, ROOT_KEY, whoami } from './cases.ts';
import { unkey } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('unkey', () => {
  it('can act on nothing without a root key', async () => {
    const bench = await startBench(unkey, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('does not take a key that vanished after it was disabled for a proven death', async () => {
    const exchanges = [known(true), disable, whoami(problem(404, 'Not Found'))];
    const bench = await startBench(unkey, config, exchanges);
    const ended = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: false });
  });

  it('does not let the root key of Quash itself be disabled', async () => {
    const bench = await startBench(unkey, config, []);
    const { result } = await runStep(bench, new Secret(ROOT_KEY), { kind: 'api-key' });
    await bench.close();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('passes the check when Unkey answers its root key', async () => {
    const nobody = 'quash_check_1111111111111111';
    const bench = await startBench(unkey, config, [
      whoami(problem(404, 'Not Found'), nobody),
      whoami(problem(401, 'Unauthorized'), nobody),
    ]);
    const signal = new AbortController().signal;
    const checks = [await bench.provider.check?.(signal), await bench.provider.check?.(signal)].flat();
    await bench.close();
    expect(checks.map((check) => check?.ok)).toEqual([true, false]);
  });
});
