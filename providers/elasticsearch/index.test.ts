import { describe, expect, it, onTestFinished } from 'vitest';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  cases,
  forbidden,
  ID,
  invalidate,
  invalidated,
  KEY,
  none,
  ofOtherType,
  refusal,
  unknown,
  without,
} from './cases.ts';
import { elasticsearch } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: Parameters<typeof startBench>[2]) {
  const started = await startBench(elasticsearch, without, exchanges);
  onTestFinished(() => started.close());
  return started;
}

describe('an API key', () => {
  it('goes to a person when it may not invalidate itself and there is no other one', async () => {
    const started = await bench([alive, alive, forbidden]);
    const { result } = await runStep(started, new Secret(KEY), { kind: 'api-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    started.verify();
  });

  it('goes to a person when it is one for other clusters', async () => {
    const { result } = await runStep(await bench([ofOtherType]), new Secret(KEY), { kind: 'api-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('is not dead by what is said of a key alone whose secret is right', async () => {
    const started = await bench([alive, alive, invalidate(KEY), ofOtherType]);
    const { result, liveness } = await runStep(started, new Secret(KEY), { kind: 'api-key' });
    expect([result.outcome, liveness]).toEqual(['revoked', 'unknown']);
  });

  it('is not taken for invalidated when the cluster does not name it', async () => {
    const started = await bench([alive, alive, invalidate(KEY, 200, none)]);
    const step = runStep(started, new Secret(KEY), { kind: 'api-key' });
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each([
    ['its id is not found', unknown],
    ['its secret is another one', refusal(`invalid credentials for API key [${ID}]`)],
    ['its id reads like an end', refusal('unable to find apikey with id has been invalidated')],
  ])('is unknown when %s', async (_when, answer) => {
    const { result } = await runStep(await bench([answer]), new Secret(KEY), { kind: 'api-key' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it.each(['api key is expired', `api key [${ID}] has been invalidated`, 'api key has been invalidated'])(
    'is dead when the cluster says "%s"',
    async (why) => {
      const { result } = await runStep(await bench([refusal(why)]), new Secret(KEY), { kind: 'api-key' });
      expect(result).toMatchObject({ outcome: 'already-inactive' });
    },
  );

  it('is not called dead when the cluster could not read its record', async () => {
    const failure = refusal(`apikey authentication for id ${ID} encountered a failure`);
    const step = runStep(await bench([alive, failure]), new Secret(KEY), { kind: 'api-key' });
    await expect(step).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is found by its colon among other base64', async () => {
    const { provider } = await bench([]);
    const other = Buffer.from('k3y9'.repeat(11).slice(0, 43)).toString('base64');
    expect(recognise(provider.kinds, KEY).ok).toBe(true);
    expect(recognise(provider.kinds, other).ok).toBe(false);
  });
});

const atCopy = ({ expect: call, answer }: Exchange): Exchange => ({
  expect: { ...call, path: `/copy${call.path}` },
  answer,
});

it('is invalidated at a cluster that was restored from a copy, too', async () => {
  const here = [alive, invalidate(KEY)];
  const gone = [atCopy(invalidated), invalidated];
  const script = [alive, ...here, ...[alive, ...here].map(atCopy), ...gone];
  const clusters = (url: string) => ({ clusters: [{ url }, { url: `${url}/copy` }] });
  const started = await startBench(elasticsearch, clusters, script);
  onTestFinished(() => started.close());
  const { result, verified } = await runStep(started, new Secret(KEY), { kind: 'api-key' });
  expect([result.outcome, verified]).toEqual(['revoked', true]);
  started.verify();
});
