import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  after,
  before,
  cases,
  config,
  found,
  gone,
  hiddenProject,
  OTHER,
  PASSWORD,
  poweredOff,
  reset,
  service,
  services,
  silent,
} from './cases.ts';
import { aiven } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function end(exchanges: readonly Exchange[], options: Partial<StepOptions> = {}) {
  const bench = await startBench(aiven, () => config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(PASSWORD), { kind: 'service-password', ...options });
  bench.verify();
  return ended;
}

const inOther = ({ expect: wanted, answer }: Exchange): Exchange => ({
  expect: { ...wanted, path: wanted.path.replace('/acme/', '/other/') },
  answer,
});
const [acme] = config.projects;
const twoProjects = () => ({ projects: [acme, { ...acme, name: 'other' }] });

it('resets no password that a service of another project has, too', async () => {
  const there = [services(['pg-demo']), before];
  const bench = await startBench(aiven, twoProjects, [...there, ...there.map(inOther)]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(PASSWORD), { kind: 'service-password' });
  bench.verify();
  expect(result).toMatchObject({
    reason: 'ambiguous',
    evidence: { candidates: [{ account: 'acme' }, { account: 'other' }] },
  });
});

it('waits for approval', async () => {
  const bench = await startBench(aiven, () => config, []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds).toMatchObject([{ effect: 'wider' }]);
});

it('resets no password that several users have', async () => {
  const { result } = await end([
    services(['a', 'b']),
    service('a', { avnadmin: PASSWORD }),
    service('b', { avnadmin: PASSWORD }),
  ]);
  expect(result).toMatchObject({
    reason: 'ambiguous',
    evidence: {
      candidates: [
        { service: 'a', user: 'avnadmin' },
        { service: 'b', user: 'avnadmin' },
      ],
    },
  });
});

it('ends as dead after a crash between the reset and its answer, and resets nothing twice', async () => {
  const notes: unknown[] = [];
  await end([...found, before, before, reset, after], { notes });
  expect(await end([after], { notes })).toMatchObject({ verified: true });
});

it('calls the password of a service that was deleted dead', async () => {
  const notes: unknown[] = [];
  await end([...found, before, before, reset, after], { notes });
  // The project is read to see that it is there, and anew, as the service may have another name.
  const nowhere = [gone('pg-demo'), services([]), services([])];
  expect(await end(nowhere, { notes })).toMatchObject({ verified: true });
});

it('looks anew for the password of a service that was moved to another project', async () => {
  const there = [services(['pg-demo']), before, before, reset, after].map(inOther);
  const bench = await startBench(aiven, twoProjects, [gone('pg-demo'), services([]), services([]), ...there]);
  onTestFinished(() => bench.close());
  const notes = [{ account: 'acme', found: ['pg-demo', 'app_user'] }];
  const ended = await runStep(bench, new Secret(PASSWORD), { kind: 'service-password', notes });
  bench.verify();
  expect(ended).toMatchObject({
    verified: true,
    result: { outcome: 'revoked', evidence: { project: 'other' } },
  });
});

it.each([
  ['is powered off', poweredOff],
  ['does not say who its users are', silent],
])('calls no password dead while a service that may have been moved with it %s', async (_what, service) => {
  const there = [services(['pg-demo']), service].map(inOther);
  const bench = await startBench(aiven, twoProjects, [gone('pg-demo'), services([]), services([]), ...there]);
  onTestFinished(() => bench.close());
  const notes = [
    { quash: 1, seenAlive: ['acme'], note: { account: 'acme', found: ['pg-demo', 'app_user'] } },
  ];
  const { result } = await runStep(bench, new Secret(PASSWORD), { kind: 'service-password', notes });
  bench.verify();
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
});

it('calls no password dead whose project is not seen any more', async () => {
  const notes: unknown[] = [];
  await end([...found, before, before, reset, after], { notes });
  await expect(end([gone('pg-demo'), hiddenProject], { notes })).rejects.toMatchObject({
    code: 'unexpected-answer',
    status: 404,
  });
});

it('calls no password dead of which the service does not say who its users are', async () => {
  const notes: unknown[] = [];
  await end([...found, before, before, reset, after], { notes });
  for (const service of [silent, poweredOff]) {
    expect((await end([service], { notes })).result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  }
});

it('finds the password beside users who have changed theirs in the service', async () => {
  const changed = service('kafka-demo', { avnadmin: null });
  const { result } = await end([services(['kafka-demo', 'pg-demo']), changed, before, before, reset, after]);
  expect(result).toMatchObject({ outcome: 'revoked' });
});

it('has no proof when the user has changed the password in the service meanwhile', async () => {
  const changed = service('pg-demo', { avnadmin: OTHER, app_user: null });
  const { result } = await end([...found, before, changed]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
});

it('has no proof when the service shows no password any more', async () => {
  const hidden = service('pg-demo', { app_user: undefined });
  const { liveness } = await end([...found, before, before, reset, hidden]);
  expect(liveness).toBe('unknown');
});

it('has not reset a password that is still the same', async () => {
  await expect(end([...found, before, before, reset, before])).rejects.toMatchObject({
    code: 'still-active',
  });
});

it('reads the services once for a flood of forged passwords', async () => {
  const bench = await startBench(aiven, () => config, [...found, after]);
  onTestFinished(() => bench.close());
  for (const count of [1, 2, 3]) {
    const forged = new Secret(PASSWORD.slice(0, -1) + String(count));
    const { result } = await runStep(bench, forged, { kind: 'service-password' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  }
  bench.verify();
});
