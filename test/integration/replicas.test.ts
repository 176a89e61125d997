/** Several replicas on one Redis, in two roles, as a cluster runs them. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { definitions } from '../../providers/index.ts';
import { main } from '../../src/cli/main.ts';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeToken, FakeTokenKind } from '../../src/fakes/gitlab-tokens.ts';
import type { ListPage } from '../../src/ledger/entry.ts';
import type { LaneState } from '../../src/ledger/lane-state.ts';
import { createKeys } from '../../src/vault/keys.ts';
import type { Clock } from '../../src/words/clock.ts';
import { ChaosClock, readChaosClock } from '../chaos/chaos-clock.ts';
import { eventually } from '../support/eventually.ts';
import { type Front, startFront } from '../support/front.ts';
import { NEVER_MS } from '../support/patience.ts';
import { postTokens } from '../support/post-tokens.ts';
import { type QuashHere, startQuashHere } from '../support/quash-here.ts';
import { type QuashProcess, startQuashOfGitlab } from '../support/quash-process.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const CONCURRENCY = 4;
/** A worker claims this much for each place, so that a place never waits. */
const CLAIMED_PER_PLACE = 2;
/** Longer than what a worker has in hand can take it, as it would be done twice otherwise. */
const LEASE_SECONDS = '20';
const KILLS = 2;
const TOKENS_A_KILL = 60;
/** Answers that the workers get at a time. */
const ANSWERS = 4;
const HOUR_SECONDS = 3_600;
const PAUSE_HOURS = 20;

/** What is asked of a replica, wherever it runs. */
type Replica = Omit<QuashHere, 'stop'>;

interface Installation<Worker extends Replica> {
  readonly gitlab: FakeGitlab;
  readonly front: Front;
  readonly apis: readonly [Replica, Replica];
  readonly workers: readonly [Worker, Worker];
  /** One more worker. */
  startWorker(): Promise<Worker>;
}

/** How a replica is started. */
type Starting<Worker> = (options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}) => Promise<Worker>;

const startWorkerProcess: Starting<QuashProcess> = async (options) => {
  const quash = await startQuashOfGitlab({ ...options, args: ['--role', 'worker'] });
  onTestFinished(async () => void (await quash.end('SIGKILL')));
  return quash;
};

/**
 * Two replicas of each role, on a Redis of their own and beside a fake GitLab; all end with the running test. Those that
 * are not killed share the process of the test, and nothing else.
 */
async function install<Worker extends Replica>(
  settings: Readonly<Record<string, string>>,
  startingWorker: Starting<Worker>,
  clock?: Clock,
): Promise<Installation<Worker>> {
  const folder = temporaryFolder();
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  await createKeys(join(folder, 'keys.json'));
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const front = await startFront(gitlab.url);
  onTestFinished(() => front.close());
  const env = {
    QUASH_LEDGER__URL: redis.url,
    QUASH_LEDGER__KEYSFILE: join(folder, 'keys.json'),
    QUASH_AUTH__TOKENS: PRE_SHARED,
    QUASH_ADMIN__TOKENS: ADMIN_TOKEN,
    QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: front.url, adminToken }]),
    QUASH_PROVIDERS__GITLAB__CONCURRENCY: String(CONCURRENCY),
    QUASH_REVOCATION__LEASESECONDS: '2',
    // All tokens are of one namespace, which may have a tenth of it.
    QUASH_REVOCATION__MAXPERHOUR: '1000000',
    ...settings,
  };
  const options = { cwd: folder, env };
  const startApi = () =>
    startQuashHere({ ...options, role: 'api', definitions: [provider], ...(clock && { clock }) });
  const startWorker = () => startingWorker(options);
  const [api, otherApi, worker, otherWorker] = await Promise.all([
    startApi(),
    startApi(),
    startWorker(),
    startWorker(),
  ]);
  return { gitlab, front, apis: [api, otherApi], workers: [worker, otherWorker], startWorker };
}

function addTokens(gitlab: FakeGitlab, count: number, kind: FakeTokenKind = 'personal') {
  return Array.from({ length: count }, () => gitlab.addToken(kind));
}

function valuesOf(tokens: readonly { readonly value: string }[]): readonly string[] {
  return tokens.map(({ value }) => value);
}

async function admin<T>(replica: Replica, path: string): Promise<T> {
  const answer = await fetch(`${replica.adminUrl}/api${path}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

async function laneOf(replica: Replica): Promise<LaneState> {
  const { providers } = await admin<{ providers: { id: string; lane: LaneState }[] }>(replica, '/providers');
  const gitlab = providers.find(({ id }) => id === 'gitlab');
  if (!gitlab) throw new Error('There is no provider for GitLab.');
  return gitlab.lane;
}

/** Every page of the list of entries, as this replica tells it. */
async function entriesOf(replica: Replica): Promise<ListPage['entries']> {
  const entries: ListPage['entries'][number][] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page: ListPage = await admin(replica, `/revocations?limit=200${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.entries);
    cursor = page.cursor;
  }
  return entries;
}

/** Runs a command against the admin port of one replica. @returns its exit code */
function quashCommand(replica: Replica, ...args: readonly string[]): Promise<number> {
  const silent = { write: () => true };
  return main([...args, '--url', replica.adminUrl], {
    stdout: silent,
    stderr: silent,
    stdin: (async function* () {})(),
    env: { QUASH_ADMIN__TOKENS: ADMIN_TOKEN },
    cwd: temporaryFolder(),
    definitions: async () => definitions,
  });
}

/** Entries that this process has brought to an end. */
function settledBy(worker: Replica): number {
  return worker.log().filter(({ event }) => event === 'settled').length;
}

describe.skipIf(!redisAvailable())('two api and two worker replicas (needs redis-server)', () => {
  it('revoke each token once, though all are reported to both and workers are killed over it', async () => {
    const settings = {
      QUASH_REVOCATION__LEASESECONDS: LEASE_SECONDS,
      // However long an answer is held back, the call waits for it.
      QUASH_UPSTREAM__TIMEOUTMS: String(NEVER_MS),
    };
    const { gitlab, front, apis, workers, startWorker } = await install(settings, startWorkerProcess);
    const bystanders = addTokens(gitlab, 10);
    const tokens: FakeToken[] = [];
    const running = [...workers];
    const all = [...workers];
    for (let kill = 0; kill < KILLS; kill++) {
      const wave = addTokens(gitlab, TOKENS_A_KILL);
      tokens.push(...wave);
      const [victim] = running.splice(0, 1);
      if (!victim) throw new Error('No worker is left.');
      const settledBefore = settledBy(victim);
      front.answersLeft = 0;
      for (const { apiUrl } of apis) expect(await postTokens(apiUrl, PRE_SHARED, valuesOf(wave))).toBe(true);
      // It is in the middle of its work: it has ended some entries of these, and calls have no answer yet.
      await eventually(() => {
        if (front.answersLeft === 0) front.answersLeft = ANSWERS;
        expect(settledBy(victim)).toBeGreaterThan(settledBefore);
      });
      front.answersLeft = 0;
      await eventually(() => expect(front.underWay).toBeGreaterThan(0));
      await victim.end('SIGKILL');
      expect(wave.filter(({ revoked }) => !revoked)).not.toEqual([]);
      front.answersLeft = Number.POSITIVE_INFINITY;
      const successor = await startWorker();
      running.push(successor);
      all.push(successor);
    }

    const [api] = apis;
    await eventually(async () => {
      const states = (await entriesOf(api)).map(({ state }) => state);
      expect([states.length, states.filter((state) => state !== 'done')]).toEqual([tokens.length, []]);
    });
    expect(tokens.filter(({ revoked }) => !revoked)).toEqual([]);
    const repeated = tokens.reduce((sum, { revocations }) => sum + revocations - 1, 0);
    expect(repeated).toBeLessThanOrEqual(KILLS * CONCURRENCY * CLAIMED_PER_PLACE);
    expect(bystanders.filter(({ revoked }) => revoked)).toEqual([]);
    expect((await entriesOf(api)).filter(({ reports: count }) => count !== 2)).toEqual([]);

    // It was work for several, and none of it was for those that only take reports.
    expect(all.filter((worker) => settledBy(worker) > 0).length).toBeGreaterThan(1);
    expect(apis.map(settledBy)).toEqual([0, 0]);

    const views = await Promise.all([...apis, ...running].map(entriesOf));
    for (const view of views) expect(view).toEqual(views[0]);
    const lanes = await Promise.all([...apis, ...running].map(laneOf));
    for (const lane of lanes) expect(lane).toEqual(lanes[0]);
  });

  it('all keep a pause that a person made at any of them, or upstream asked one for, until it is over', async () => {
    // Its hours are seconds: too many for the pause to end before the test says so.
    const chaosClock = new ChaosClock(join(temporaryFolder(), 'clock.json'));
    const clock = readChaosClock(chaosClock.path);
    const { gitlab, front, apis, workers } = await install(
      { QUASH_REVOCATION__LEASESECONDS: String(HOUR_SECONDS) },
      (options) => startQuashHere({ ...options, role: 'worker', clock, definitions: [provider] }),
      clock,
    );
    const [api, otherApi] = apis;
    const [worker, otherWorker] = workers;
    const tokens = addTokens(gitlab, 20);

    expect(await quashCommand(api, 'pause', 'gitlab')).toBe(0);
    expect(await postTokens(otherApi.apiUrl, PRE_SHARED, valuesOf(tokens))).toBe(true);
    // Each was woken by the report, and says why it does nothing.
    for (const one of workers) {
      const parked = await one.logged('lane-parked');
      expect(parked).toMatchObject({ provider: 'gitlab', reason: 'operator' });
    }
    for (const one of [...apis, ...workers]) {
      expect(await laneOf(one)).toMatchObject({ parked: true, reason: 'operator' });
    }
    expect(front.callTimes).toEqual([]);

    expect(await quashCommand(otherWorker, 'resume', 'gitlab')).toBe(0);
    await eventually(() => expect(tokens.filter(({ revoked }) => !revoked)).toEqual([]));
    await eventually(() => expect(settledBy(worker) + settledBy(otherWorker)).toBe(tokens.length));
    for (const one of [...apis, ...workers]) expect(await laneOf(one)).toMatchObject({ parked: false });

    gitlab.configure({ callsLeft: 0, retryAfterSeconds: PAUSE_HOURS * HOUR_SECONDS });
    // Which only an administrator can revoke: a limit that the token itself met is asked about again at once.
    const [first, ...rest] = addTokens(gitlab, 21, 'deploy');
    await postTokens(apis[0].apiUrl, PRE_SHARED, valuesOf(first ? [first] : []));
    const paused = await Promise.race(workers.map((one) => one.logged('lane-paused')));
    const until = Number(paused.until);
    expect(paused).toMatchObject({ provider: 'gitlab', reason: 'throttled' });
    for (const one of [...apis, ...workers]) expect((await laneOf(one)).pausedUntil).toBe(until);

    const callsBefore = front.callTimes.length;
    gitlab.configure({ callsLeft: null });
    for (const { apiUrl } of apis) expect(await postTokens(apiUrl, PRE_SHARED, valuesOf(rest))).toBe(true);
    // Long enough for a worker that does not keep the pause to show it.
    await delay(500);
    expect(front.callTimes).toHaveLength(callsBefore);

    chaosClock.jump(PAUSE_HOURS * HOUR_SECONDS * 1_000);
    await eventually(() => expect([first, ...rest].filter((one) => !one?.revoked)).toEqual([]));
    await eventually(async () =>
      expect(await laneOf(workers[0])).toMatchObject({ pausedUntil: 0, streak: 0 }),
    );
  });
});
