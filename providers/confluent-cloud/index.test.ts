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
  hidden,
  keepsKey,
  limited,
  notSignedIn,
  OTHER,
  OWN_KEY,
  otherOfOurs,
  ours,
  remove,
  SECRET,
  signedIn,
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

  it('is not proven by a refusal with 403, which a wrong secret may get, too', async () => {
    const seen = [ours, limited];
    expect(await run([...seen, ...seen])).toMatchObject({ outcome: 'held', reason: 'unproven' });
  });

  it('that signed in is left open by a refusal with 403', async () => {
    await expect(run([ours, ...signedIn, ours, limited])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that signed in is not called dead while the record of its key is there', async () => {
    await expect(run([ours, ...signedIn, ours, notSignedIn])).rejects.toMatchObject({ code: 'suspended' });
    const gone = [ours, ...signedIn, ...foreign, notSignedIn];
    expect(await run(gone)).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('that still signs in is not called dead because the record of its key is hidden from ours now', async () => {
    const [works] = signedIn;
    if (!works) throw new Error('There is no call that signs in.');
    const script = [ours, ...signedIn, ...foreign];
    await expect(run([...script, works])).rejects.toMatchObject({ code: 'still-active' });
    await expect(run([...script, limited])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that was revoked is not called dead by a refusal with 403', async () => {
    const seen = [ours, ...signedIn];
    expect(await run([...seen, ...seen, remove, limited])).toMatchObject({
      outcome: 'revoked',
      proven: false,
    });
  });

  it('is of nobody here when Confluent hides the record of its key', async () => {
    expect(await run(hidden)).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is revoked when the record of its key went meanwhile', async () => {
    const seen = [ours, ...signedIn];
    expect(await run([...seen, ...seen, keepsKey, ...hidden, notSignedIn])).toMatchObject({
      outcome: 'revoked',
    });
  });

  it('asks for a right when the record of its key may be read and not deleted', async () => {
    const seen = [ours, ...signedIn];
    await expect(run([...seen, ...seen, keepsKey, ours])).rejects.toMatchObject({
      code: 'permission-missing',
    });
  });

  it('is never of our own key, which anybody may write beside it', async () => {
    const context = CONTEXT.replace(/key=\w+/, `key=${OWN_KEY}`);
    expect(await run([], { context, mayActUnproven: true })).toMatchObject({
      outcome: 'refused',
      reason: 'needs-context',
    });
  });

  const ofCluster = [ours, notSignedIn];

  it('waits for a person when the key beside it is ours and signs in elsewhere', async () => {
    expect(await run([...ofCluster, ...ofCluster])).toMatchObject({ outcome: 'held', reason: 'unproven' });
  });

  it('is ended by the record of its key once a person approved it', async () => {
    const exchanges = [...ofCluster, ...ofCluster, remove, ...foreign];
    expect(await run(exchanges, { mayActUnproven: true })).toMatchObject({ outcome: 'revoked' });
  });

  it('is not guessed to be of one of two keys', async () => {
    const context = `${CONTEXT}other=${OTHER}\n`;
    expect(await run([...otherOfOurs, ...ofCluster], { context })).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{ key: OTHER }, { key: expect.any(String) }] },
    });
  });
});
