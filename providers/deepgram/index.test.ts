import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import {
  alive,
  cases,
  config,
  elsewhere,
  gone,
  KEY,
  keysOfProject,
  listed,
  listedFlat,
  removed,
} from './cases.ts';
import { deepgram } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('does not take a key of another project for a dead one', async () => {
  const bench = await startBench(deepgram, config, [alive, elsewhere]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});

it('deletes a key whose record is not nested', async () => {
  const exchanges = [alive, listedFlat, alive, listedFlat, removed, gone];
  const bench = await startBench(deepgram, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'revoked' });
  bench.verify();
});

it('does not call a key dead that works while its record is not found', async () => {
  const bench = await startBench(deepgram, config, [alive, listed, alive, elsewhere]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  bench.verify();
});

it('does not call a key dead that is refused while its record is there', async () => {
  const bench = await startBench(deepgram, config, [alive, listed, gone, listed]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(KEY), { kind: 'api-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it.each([
  [
    'is dead when it is refused and its project has it no more',
    keysOfProject(200),
    { end: 'already-inactive' },
  ],
  ['is not dead while our key may not see the project', keysOfProject(404), { failure: 'unexpected-answer' }],
])('a key that worked %s', async (_what, project, expected) => {
  const bench = await startBench(deepgram, config, [alive, listed, gone, elsewhere, project]);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(KEY), { kind: 'api-key' }).then(
    ({ result }) => ({ end: result.outcome }),
    ({ code }) => ({ failure: code }),
  );
  expect(end).toEqual(expected);
  bench.verify();
});
