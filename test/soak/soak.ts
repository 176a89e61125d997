/**
 * Keeps a service at work while much goes wrong, lets all that it knows reach the end of its retention, and looks at what
 * is left of it; and so again and again.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRevoked, type Leak } from '../chaos/leaks.ts';
import { Random } from '../chaos/random.ts';
import type { Step } from '../chaos/steps.ts';
import { LEASE_MS, World } from '../chaos/world.ts';
import { eventually } from '../support/eventually.ts';
import type { QuashProcess } from '../support/quash-process.ts';
import { type Compared, compare, type Figures } from './growth.ts';
import type { OpenLedgerToSoak, SoakedLedger } from './ledgers.ts';
import { seeDashboard, visit } from './visits.ts';

const GAUGE = resolve(import.meta.dirname, 'gauge.ts');
/** An hour is more than a month of the service, with all that it does by the hour and by the day. */
const CLOCK_RATE = 1_000;
/** Longer than entries, hours and counts are kept. */
const RETENTION_HOURS = 24 * 200;
const RELEASE_EVERY_MS = 50;
const POLL_MS = 100;
const GAUGE_EVERY_MS = 500;
/** So many have ended in most of the ways in which tokens end, which are counted for ever. */
const TOKENS_TO_BEGIN_WITH = 20;
/** By so little the heap becomes less between two looks once it is at rest. */
const AT_REST = 0.002;

export interface SoakStart {
  readonly seed: number;
  /** Makes memory, files and the ledger grow, to show that it is seen. */
  readonly plants?: boolean;
}

export interface SoakOptions {
  /** Those that are measured; as many as `warmUp` come before. */
  readonly rounds: number;
  readonly warmUp: number;
  readonly tokensPerRound: number;
  /** Tokens a second; as fast as they are taken where there is none. */
  readonly rate?: number;
  /** In each round; as many as there is time for where there is no number. */
  readonly disturbances?: number;
  readonly say?: (line: string) => void;
}

export interface SoakResult {
  readonly ledger: string;
  readonly tokens: number;
  readonly disturbances: number;
  readonly compared: readonly Compared[];
}

interface SoakParts {
  readonly world: World;
  readonly ledger: SoakedLedger;
  readonly quash: QuashProcess;
  /** Of every replica, beside the file of the world. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A service on one ledger, of which {@link World.replicas} has one process that stays and is measured. */
export class Soak {
  readonly world: World;
  readonly ledger: SoakedLedger;
  readonly #plants: boolean;
  readonly #random: Random;
  readonly #quash: QuashProcess;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #troubles: readonly Step[];
  #gauges = 0;
  #rounds = 0;
  #disturbances = 0;

  private constructor({ world, ledger, quash, settings }: SoakParts, options: SoakStart) {
    this.world = world;
    this.ledger = ledger;
    this.#quash = quash;
    this.#settings = settings;
    this.#plants = options.plants ?? false;
    this.#random = new Random(options.seed);
    this.#troubles = this.#random.shuffled(ledger.troubles);
  }

  static async start(
    open: OpenLedgerToSoak,
    options: SoakStart,
    cleanup: AsyncDisposableStack,
  ): Promise<Soak> {
    const ledger = await open(cleanup);
    const world = await World.create(
      {
        random: new Random(options.seed),
        // What is not of a round: who wants to know whether reports are taken reports it.
        entries: 1,
        ledger: (folder) => ({ url: ledger.url(folder) }),
      },
      cleanup,
    );
    world.clock.runAt(CLOCK_RATE);
    const settings = {
      ...ledger.env,
      QUASH_REVOCATION__LEASESECONDS: String((LEASE_MS * CLOCK_RATE) / 1_000),
      QUASH_NOTIFY: JSON.stringify([{ type: 'webhook', url: await startReceiver(cleanup) }]),
    };
    const gauge = {
      NODE_OPTIONS: `--import ${GAUGE}`,
      ...(options.plants && { SOAK_PLANT: 'memory' }),
    };
    const replica = await world.addReplica('all', withEnvironment({ ...settings, ...gauge }));
    const quash = await replica.listening();
    if (!quash) throw new Error('The service did not start.');
    return new Soak({ world, ledger, quash, settings }, options);
  }

  /** Reports that many tokens, and resolves once all have ended. @returns how many ended in a second */
  async work(
    count: number,
    { rate, faults }: { rate?: number | undefined; faults: boolean },
  ): Promise<number> {
    const leaks = this.world.issue(count);
    if (!faults) for (const leak of leaks) withoutFaults(leak);
    const reporter = this.world.reporterOf(leaks);
    const startedAt = performance.now();
    const reporting = reporter.run();
    if (rate === undefined) reporter.release(count);
    for (let left = rate !== undefined; left; left = reporter.left > 0) {
      reporter.release(((performance.now() - startedAt) / 1_000) * (rate ?? 0));
      await delay(RELEASE_EVERY_MS);
    }
    await reporting;
    await this.#none('queued', ({ queued }) => queued);
    const seconds = (performance.now() - startedAt) / 1_000;
    this.#expectRevoked(leaks);
    for (const { value } of leaks) this.world.vendor.tokens.delete(value);
    return count / seconds;
  }

  /** One round, from the first report to the end of retention. @returns what is left then */
  async round({
    tokensPerRound,
    rate,
    disturbances = Number.POSITIVE_INFINITY,
  }: SoakOptions): Promise<Figures> {
    this.#rounds += 1;
    const calm = new AbortController();
    // What is planted is seen as well where nothing goes wrong.
    const around = this.#plants
      ? []
      : [
          this.world.weather(this.#random.fork(), calm.signal),
          visit(this.world, this.#random.fork(), calm.signal),
          this.#disturb(disturbances, this.#random.fork(), calm.signal),
        ];
    try {
      await this.work(tokensPerRound, { rate, faults: !this.#plants });
    } finally {
      calm.abort();
      await Promise.all(around);
    }
    await this.world.jump(RETENTION_HOURS);
    await this.#none('entries', (counts) => Object.values(counts).reduce((sum, entries) => sum + entries, 0));
    // What has ended by its time goes when the next of its kind comes.
    await seeDashboard(this.#quash);
    if (this.#plants) await this.ledger.plant(this.world.folder, this.#rounds);
    return { ...(await this.#rest()), ...(await this.ledger.figures(this.world.folder)) };
  }

  get disturbances(): number {
    return this.#disturbances;
  }

  /**
   * One after the other, by turns a trouble and a replica that comes, works and goes: so many, or until aborted, and one
   * at least. A round goes on where the last one ended.
   */
  async #disturb(most: number, random: Random, signal: AbortSignal): Promise<void> {
    const end = this.#disturbances + most;
    do {
      const n = this.#disturbances++;
      if (n % 2 === 0) await this.#troubles[(n / 2) % this.#troubles.length]?.(this.world, random);
      else await this.#visitOfReplica(n % 4 === 1 ? 'SIGTERM' : 'SIGKILL', random);
    } while (!signal.aborted && this.#disturbances < end);
  }

  async #visitOfReplica(end: NodeJS.Signals, random: Random): Promise<void> {
    // It does not start where the ledger is away.
    const started = await this.world
      .startProcess('all', withEnvironment(this.#settings))
      .catch(() => undefined);
    await delay(random.between(200, 2_000));
    await started?.end(end);
  }

  async #none(
    what: string,
    count: (entries: Readonly<Record<string, number>>) => number | undefined,
  ): Promise<void> {
    await eventually(async () => {
      await delay(POLL_MS);
      const { entries } = await this.world.admin<{ entries: Record<string, number> }>('/stats');
      const left = count(entries) ?? 0;
      if (left > 0) throw new Error(`${left} ${what} are left`);
    });
  }

  #expectRevoked(leaks: readonly Leak[]): void {
    const alive = leaks.filter((leak) => leak.fate === 'live' && !isRevoked(leak));
    if (alive.length > 0) throw new Error(`${alive.length} tokens ended and are alive`);
  }

  /** Of the process, once calls are over that a timer holds. */
  async #rest(): Promise<Figures> {
    let [before, now] = [await this.#gauge(), await this.#gauge()];
    while ((now.heap ?? 0) < (before.heap ?? 0) * (1 - AT_REST)) {
      await delay(GAUGE_EVERY_MS);
      [before, now] = [now, await this.#gauge()];
    }
    return now;
  }

  async #gauge(): Promise<Figures> {
    this.#gauges += 1;
    this.#quash.signal('SIGUSR2');
    const line = await this.#quash.logged('gauge', ({ number }) => number === this.#gauges);
    return line.figures as Figures;
  }
}

export async function soak(open: OpenLedgerToSoak, options: SoakStart & SoakOptions): Promise<SoakResult> {
  await using cleanup = new AsyncDisposableStack();
  const running = await Soak.start(open, options, cleanup);
  await running.work(TOKENS_TO_BEGIN_WITH, { faults: false });
  return await measured(running, options);
}

/** @throws {Error} when the process that is measured has ended by itself */
export async function measured(running: Soak, options: SoakOptions): Promise<SoakResult> {
  const { rounds, warmUp, tokensPerRound, say = () => {} } = options;
  const { world, ledger } = running;
  const all = warmUp + rounds;
  const samples: Figures[] = [];
  for (let n = 1; n <= all; n++) {
    const figures = await running.round(options);
    const { heap = 0, rss = 0 } = figures;
    say(`round ${n} of ${all}: heap ${megabytes(heap)} MB, resident ${megabytes(rss)} MB`);
    if (n > warmUp) samples.push(figures);
  }
  if (world.violations.length > 0) throw new Error(world.violations.join('; '));
  const compared = compare(samples);
  return { ledger: ledger.name, tokens: all * tokensPerRound, disturbances: running.disturbances, compared };
}

function withEnvironment(variables: Readonly<Record<string, string>>): readonly string[] {
  return ['env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
}

function withoutFaults({ record }: Leak): void {
  if ('vendor' in record) record.vendor.faults.length = 0;
}

/** Takes every notice. */
async function startReceiver(cleanup: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => void request.resume().on('end', () => response.end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
