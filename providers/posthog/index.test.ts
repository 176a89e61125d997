import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, eu, INVALID, LACKS_SCOPE, own, TOKEN, us } from './cases.ts';
import { posthog } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases.slice(1)) {
  itEndsAtCopies(spec, (urls) => ({ regions: [], hosts: urls.map((url) => ({ url })) }), {
    look: [own.alive],
    revoke: [own.remove(204)],
    gone: [own.invalid],
  });
}

async function run(exchanges: readonly Exchange[], config: (url: string) => unknown = () => ({})) {
  const bench = await startBench(posthog, config, exchanges);
  try {
    const { result, verified } = await runStep(bench, new Secret(TOKEN), { kind: 'personal-api-key' });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('posthog', () => {
  it('asks both regions of the cloud, then the own instances, until one knows the key', async () => {
    const exchanges = [us.invalid, eu.invalid, own.alive, own.alive, own.remove(204), own.invalid];
    const result = await run(exchanges, (url) => ({ hosts: [{ url }] }));
    expect(result).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('does not take a key for dead that another instance may have issued', async () => {
    expect(await run([us.invalid, eu.invalid])).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
    });
  });

  it('does not take a key for dead while one region is down', async () => {
    const down = { ...us.alive, answer: { status: 503 } };
    await expect(run([down, eu.invalid])).rejects.toMatchObject({
      code: 'unavailable',
      scope: 'entry',
    });
  });

  it('leaves a key of the cloud to its owner, and makes no call that PostHog always refuses', async () => {
    for (const sign of [us.alive, us.look(403, LACKS_SCOPE)]) {
      const result = await run([sign, sign]);
      expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    }
  });

  it('leaves a key to its owner that an own instance does not let delete itself', async () => {
    const config = (url: string) => ({ regions: [], hosts: [{ url }] });
    const lacking = own.look(403, LACKS_SCOPE);
    const result = await run([lacking, lacking, own.remove(403, LACKS_SCOPE)], config);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('does not call a key of an own instance dead whose user may be disabled since it worked', async () => {
    const config = (url: string) => ({ regions: [], hosts: [{ url }] });
    expect(await run([own.alive, own.invalid], config)).toMatchObject({
      outcome: 'refused',
      reason: 'manual',
    });
    expect(await run([us.alive, us.invalid])).toMatchObject({ outcome: 'already-inactive' });
  });

  it('judges a key that is refused at its deletion as one that is refused at a look', async () => {
    const config = (url: string) => ({ regions: [], hosts: [{ url }] });
    const refusedThen = run([own.alive, own.alive, own.remove(401, INVALID)], config);
    await expect(refusedThen).rejects.toMatchObject({ code: 'suspended' });
  });
});
