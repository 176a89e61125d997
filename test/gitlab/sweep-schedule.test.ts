import { expect, it, onTestFinished } from 'vitest';
import { parseSweepOrder, SWEEPS } from '../../src/gitlab/sweep-order.ts';
import { SweepSchedule, startSweep } from '../../src/gitlab/sweep-start.ts';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import type { Evidence } from '../../src/words/outcome.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { httpFixture } from '../support/http-fixture.ts';
import { found, RULE, sourceBench } from './source-bench.ts';

const HOUR_MS = 3_600_000;
const GITLAB = 'https://gitlab.example.com';
const GROUP = [{ url: `${GITLAB}/`, sweep: { groups: ['platform'], everyHours: 24 } }];

function schedule() {
  const { ledger, vault } = httpFixture();
  const clock = new FakeClock();
  const failures: unknown[] = [];
  const create = async () => {
    const sweeps = new SweepSchedule({ ledger, vault, clock }, (error) => failures.push(error));
    await sweeps.start(GROUP);
    onTestFinished(() => sweeps.stop());
    return sweeps;
  };
  const claim = async () => {
    const { claims } = await ledger.claim(SWEEPS, {
      now: clock.now(),
      limit: 10,
      leaseMs: HOUR_MS,
      maxPerHour: 0,
    });
    return claims.map((each) => {
      const { token, parts } = vault.openMaterial(each.id, each.sealed);
      return { ...each, parts, order: parseSweepOrder(token, (kind) => parts[kind] ?? []) };
    });
  };
  /** Waits for it. */
  const next = () =>
    eventually(async () => {
      const [only] = await claim();
      if (!only) return expect.unreachable();
      return only;
    });
  const settle = async (
    { id, lease, firstReportedAt }: Awaited<ReturnType<typeof claim>>[number],
    evidence: Evidence = {},
  ) => {
    const outcome = { kind: 'followed', verified: false, evidence } as const;
    await ledger.settle(
      { id, lease, firstReportedAt },
      { now: clock.now(), state: 'done', outcome, progress: NO_PROGRESS, events: [] },
    );
  };
  return { ledger, vault, clock, failures, create, claim, next, settle };
}

it('sweeps a group whole at first, and then only what is new since the last sweep began', async () => {
  const { clock, create, claim, settle, failures } = schedule();
  await create();
  const [first] = await eventually(async () => {
    const claims = await claim();
    expect(claims).toHaveLength(1);
    return claims;
  });
  const beganAt = clock.now();
  expect(first?.order).toEqual({ base: GITLAB, group: 'platform' });

  // It takes longer than to the next one, which is not started beside it.
  await clock.advance(30 * HOUR_MS);
  if (first) await settle(first);
  await clock.advance(60_000);
  const [second] = await eventually(async () => {
    const claims = await claim();
    expect(claims).toHaveLength(1);
    return claims;
  });
  expect(second?.id).toBe(first?.id);
  expect(second?.order?.since).toBeLessThan(beganAt);
  if (second) await settle(second);
  await clock.advance(23 * HOUR_MS);
  expect(await claim()).toEqual([]);
  expect(failures).toEqual([]);
});

it('hands on what the sweep before had left out, and how far it came', async () => {
  const { clock, create, next, settle } = schedule();
  await create();
  const leftOutProjects = [{ id: 12, path: 'platform/hidden' }];
  await settle(await next(), { newest: 4_711, leftOutProjects, findings: 3 });
  await clock.advance(24 * HOUR_MS);

  const second = await next();
  expect(second.order).toMatchObject({ newest: 4_711, missed: leftOutProjects });
  await settle(second, { newest: 'none', leftOutProjects: 2 } as unknown as Evidence);
  await clock.advance(24 * HOUR_MS);

  expect((await next()).order).toEqual({ base: GITLAB, group: 'platform', since: expect.any(Number) });
});

it('takes all that comes after a sweep that found nothing for new, whatever date it has', async () => {
  const { clock, create, next, settle } = schedule();
  await create();
  const nothing = await sourceBench();
  nothing.project('platform/app');
  const { evidence } = (await nothing.sweep({ group: 'platform' })) as { evidence: Evidence };
  await settle(await next(), evidence);
  await clock.advance(24 * HOUR_MS);
  const { since, newest } = (await next()).order ?? {};

  const bench = await sourceBench();
  const detectedAtMs = clock.now() - 300 * 24 * HOUR_MS;
  bench.gitlab.leak(bench.project('platform/imported'), { rule: RULE, token: 'imported', detectedAtMs });

  expect(found(await bench.sweep({ group: 'platform', since, newest })).tokens).toEqual(['imported']);
});

it('does not wait for a time at which the clock was wrong, and goes through all of it once more', async () => {
  const { clock, create, claim, settle } = schedule();
  clock.jump(90 * 24 * HOUR_MS);
  await create();
  const [first] = await eventually(async () => {
    const claims = await claim();
    expect(claims).toHaveLength(1);
    return claims;
  });
  if (first) await settle(first);
  clock.jump(-90 * 24 * HOUR_MS);
  await create();
  const [second] = await eventually(async () => {
    const claims = await claim();
    expect(claims).toHaveLength(1);
    return claims;
  });
  expect(second?.order).toEqual({ base: GITLAB, group: 'platform' });
});

it('is one sweep, however many replicas start it', async () => {
  const { ledger, create } = schedule();
  await Promise.all([create(), create(), create()]);
  await eventually(async () => expect((await ledger.list({ limit: 10 })).entries).toHaveLength(1));
});

it('begins anew where it is started again after it had come to a person, wherever it had come to by then', async () => {
  const { ledger, vault, clock, claim } = schedule();
  const bench = await sourceBench();
  const order = { group: 'group' };
  const app = bench.project('group/app');
  for (const token of ['one', 'two', 'three']) bench.gitlab.leak(app, { rule: RULE, token });
  bench.gitlab.configure({ callsLeft: 2 });
  await startSweep({ base: GITLAB, ...order }, { ledger, vault, clock });
  const [first] = await claim();
  if (!first) throw new Error('There was to be a sweep.');
  expect(found(await bench.sweep(order, first.parts)).tokens).toEqual(['three']);
  const outcome = { kind: 'refused', reason: 'not-permitted', verified: false, advice: 'Retry.' } as const;
  const note = JSON.stringify(bench.notes.at(-1));
  const settlement = {
    now: clock.now(),
    state: 'attention',
    outcome,
    note,
    progress: NO_PROGRESS,
    events: [],
  };
  await ledger.settle(first, { ...settlement, state: 'attention' });
  bench.gitlab.configure({ callsLeft: null });
  bench.gitlab.leak(app, { rule: RULE, token: 'new' });
  clock.jump(HOUR_MS);

  await startSweep({ base: GITLAB, ...order }, { ledger, vault, clock });
  const [second] = await claim();
  bench.notes.splice(0, Infinity, ...(second?.note ? [JSON.parse(second.note)] : []));

  expect(second?.id).toBe(first.id);
  expect(found(await bench.sweep(order, second?.parts)).tokens).toEqual(['new', 'three', 'two', 'one']);
});
