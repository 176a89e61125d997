import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  CONTEXT,
  cases,
  config,
  foreign,
  limited,
  notSignedIn,
  OTHER,
  otherOfOurs,
  ours,
  remove,
  SECRET,
} from './cases.ts';
import { confluentCloud } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], options: Partial<StepOptions> = {}) {
  const bench = await startBench(confluentCloud, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(SECRET), {
    kind: 'api-secret',
    context: CONTEXT,
    ...options,
  });
  bench.verify();
  return result;
}

describe('a secret', () => {
  it('asks for its key when there is none beside the leak', async () => {
    expect(await run([], { context: 'nothing' })).toMatchObject({
      outcome: 'refused',
      reason: 'needs-context',
    });
  });

  it('is proven by a key that may not read keys', async () => {
    const seen = [ours, limited];
    expect(await run([...seen, ...seen, remove, notSignedIn])).toMatchObject({ outcome: 'revoked' });
  });

  const ofCluster = [ours, notSignedIn];

  it('waits for a person when the key beside it is ours and signs in elsewhere', async () => {
    expect(await run([...ofCluster, ...ofCluster])).toMatchObject({ outcome: 'held', reason: 'unproven' });
  });

  it('is ended by the record of its key once a person approved it', async () => {
    const exchanges = [...ofCluster, ...ofCluster, remove, foreign];
    expect(await run(exchanges, { mayActUnproven: true })).toMatchObject({ outcome: 'revoked' });
  });

  it('is not guessed to be of one of two keys', async () => {
    const context = `${CONTEXT}other=${OTHER}\n`;
    expect(await run([...ofCluster, ...otherOfOurs], { context })).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
    });
  });
});
