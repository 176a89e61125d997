import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import {
  ACCESS_KEY,
  alive,
  CONTEXT,
  cases,
  config,
  DECOY_CONTEXT,
  decoyDenied,
  expired,
  foreign,
  gone,
  KEY,
  late,
  listed,
  notPaired,
  OWN_CONTEXT,
  paired,
  removed,
  unclear,
  unfiltered,
} from './cases.ts';
import { scaleway } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['none stands beside it', [alive], 'nothing here'],
  ['the one beside it is our own', [alive], OWN_CONTEXT],
  ['the one beside it is of another organization', [alive, foreign], CONTEXT],
  ['none of the keys that are listed is the one beside it', [alive, unfiltered], CONTEXT],
  ['the one beside it is that of another secret', [alive, listed, notPaired], CONTEXT],
])('asks for the access key when %s', async (_when, exchanges, context) => {
  const bench = await startBench(scaleway, config, exchanges);
  onTestFinished(() => bench.close());
  const step = { kind: 'secret-key', context };
  const { result } = await runStep(bench, new Secret(KEY), step);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  bench.verify();
});

it('takes no denial for a signature that a secret of nobody gets as well', async () => {
  const bench = await startBench(scaleway, config, [alive, listed, paired, paired]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});

it('waits while our clock is wrong', async () => {
  const bench = await startBench(scaleway, config, [alive, listed, late]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'wrong-clock' });
  bench.verify();
});

it('finds its own access key behind one of which nothing can be said', async () => {
  const own = [listed, paired, notPaired];
  const first = [alive, ...decoyDenied, ...own];
  const bench = await startBench(scaleway, config, [...first, alive, ...own, removed, gone]);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(KEY), { kind: 'secret-key', context: DECOY_CONTEXT });
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  bench.verify();
});

it('leaves a key that has expired to a person, as its end can be put off', async () => {
  const bench = await startBench(scaleway, config, [expired]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  bench.verify();
});

it('names the access key of one that has expired since that was found', async () => {
  const bench = await startBench(scaleway, config, [alive, listed, paired, notPaired, expired]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  const evidence = { accessKey: ACCESS_KEY };
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual', evidence });
  bench.verify();
});

it('does not prove by its expiry that a key was deleted', async () => {
  const seen = [alive, listed, paired, notPaired];
  const bench = await startBench(scaleway, config, [...seen, ...seen, removed, expired]);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  expect(verified).toBeFalsy();
  bench.verify();
});

it('calls no key dead that is refused for another reason', async () => {
  const bench = await startBench(scaleway, config, [unclear]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it.each([
  [
    'is dead when it is not found and its organization lists it no more',
    foreign,
    { end: 'already-inactive' },
  ],
  ['is not dead by a refusal while its organization lists it', listed, { failure: 'suspended' }],
])('a key that worked %s', async (_what, record, expected) => {
  const seen = [alive, listed, paired, notPaired];
  const bench = await startBench(scaleway, config, [...seen, gone, record]);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(KEY), { kind: 'secret-key', context: CONTEXT }).then(
    ({ result }) => ({ end: result.outcome }),
    ({ code }) => ({ failure: code }),
  );
  expect(end).toEqual(expected);
  bench.verify();
});
