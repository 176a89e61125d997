/** One installation on one ledger, with the upstreams that it revokes at, and all that is known of it for sure. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { Entry, EntryDetails, ListPage } from '../../src/ledger/entry.ts';
import type { Role } from '../../src/service.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { eventually } from '../support/eventually.ts';
import { type Front, startFront } from '../support/front.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { newFolder } from '../support/run-folder.ts';
import { ChaosClock, CLOCK_RATE } from './chaos-clock.ts';
import { customProvider, issue, LANES, type Leak } from './leaks.ts';
import type { Random } from './random.ts';
import { Replica } from './replica.ts';
import { PRE_SHARED, Reporter } from './reporter.ts';
import { startSkewedQuash } from './start-skewed.ts';
import { startVendor, type Vendor } from './vendor.ts';

export const ADMIN_TOKEN = 'admin-token-of-the-tests';
const CONCURRENCY = 4;
/** A lane claims this much for each of its places, so that none of them waits. */
const CLAIMED_PER_PLACE = 2;
/** Entries that one worker may have in hand. */
const IN_HAND = LANES.length * CONCURRENCY * CLAIMED_PER_PLACE;
/** In our time: the default of the service. */
export const LEASE_MS = 15_000;
/** In our time; a second, and more where the tests are to be more patient. */
const UPSTREAM_TIMEOUT_MS = PATIENCE_MS / 120;
const GITLAB_ANSWERS_AFTER_MS = 20;
const BYSTANDERS_SHARE = 0.05;
const NO_LIMIT = 10_000_000;

/** Something that may have made work be done twice; times are ours. */
export interface Disturbance {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** How many entries were in the hands of those whom it hit, at most. */
  readonly inHand: number;
}

interface LedgerSettings {
  readonly url: string;
  readonly partitions?: number;
}

export interface WorldOptions {
  readonly random: Random;
  readonly entries: number;
  /** Settings of the ledger; `folder` is the world's own. */
  readonly ledger: (folder: string) => LedgerSettings;
}

export class World {
  readonly folder: string;
  readonly clock: ChaosClock;
  readonly vendor: Vendor;
  readonly front: Front;
  /** They will be reported. */
  readonly leaks: readonly Leak[];
  /** They never are. */
  readonly bystanders: readonly Leak[];
  readonly reporter: Reporter;
  readonly disturbances: Disturbance[] = [];
  readonly replicas: Replica[] = [];
  /** What went wrong on the way. */
  readonly violations: string[] = [];
  readonly #gitlab: FakeGitlab;
  readonly #random: Random;

  private constructor(
    parts: Pick<World, 'folder' | 'clock' | 'vendor' | 'front' | 'leaks' | 'bystanders'>,
    gitlab: FakeGitlab,
    random: Random,
  ) {
    this.#gitlab = gitlab;
    this.#random = random;
    this.folder = parts.folder;
    this.clock = parts.clock;
    this.vendor = parts.vendor;
    this.front = parts.front;
    this.leaks = parts.leaks;
    this.bystanders = parts.bystanders;
    this.reporter = this.reporterOf(this.leaks);
  }

  /** Further tokens, which somebody else than {@link World.reporter} reports. */
  issue(count: number): Leak[] {
    return issue(count, { vendor: this.vendor, gitlab: this.#gitlab, random: this.#random });
  }

  /** Reports to whoever listens at the moment. */
  reporterOf(leaks: readonly Leak[]): Reporter {
    const apis = () =>
      this.replicas.flatMap(({ role, running }) => (role !== 'worker' && running ? [running.apiUrl] : []));
    return new Reporter({ leaks, apis, random: this.#random });
  }

  /** Everything that it opens ends with `cleanup`. */
  static async create(options: WorldOptions, cleanup: AsyncDisposableStack): Promise<World> {
    const { random, entries, ledger } = options;
    const folder = newFolder('chaos-');
    cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
    const clock = new ChaosClock(join(folder, 'clock.json'));
    const vendor = await startVendor({
      patienceMs: UPSTREAM_TIMEOUT_MS,
      now: () => clock.now(),
      random: random.fork(),
    });
    cleanup.defer(() => vendor.close());
    const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
    const gitlab = await startFakeGitlab({ adminToken });
    cleanup.defer(() => gitlab.close());
    const front = await startFront(gitlab.url);
    front.answersAfterMs = GITLAB_ANSWERS_AFTER_MS;
    cleanup.defer(() => front.close());

    await createKeys(join(folder, 'keys.json'));
    writeFileSync(join(folder, 'ca.pem'), vendor.ca);
    const config = configuration({ vendor, front, adminToken, ledger: ledger(folder) });
    // YAML takes JSON.
    writeFileSync(join(folder, 'quash.yaml'), JSON.stringify(config));
    const issuers = { vendor, gitlab, random };
    const leaks = issue(entries, issuers);
    const bystanders = issue(Math.ceil(entries * BYSTANDERS_SHARE), issuers).filter(
      ({ fate }) => fate === 'live',
    );
    const world = new World({ folder, clock, vendor, front, leaks, bystanders }, gitlab, random.fork());
    cleanup.defer(async () => void (await Promise.all(world.replicas.map((replica) => replica.close()))));
    return world;
  }

  /** A further process, which is started again when it ends. @param wrapper as for {@link startProcess} */
  async addReplica(role: Role, wrapper?: readonly string[]): Promise<Replica> {
    const onCrash = (output: string) => this.violations.push(`a process ended by itself: ${output}`);
    const replica = new Replica(role, () => this.startProcess(role, wrapper), onCrash);
    this.replicas.push(replica);
    await replica.start();
    return replica;
  }

  /** @param wrapper as for {@link startSkewedQuash} */
  startProcess(role: Role, wrapper: readonly string[] = []) {
    // Millions of tokens may be told of in an hour.
    const keeps = (line: string) =>
      !line.startsWith('{"level":"info"') || line.includes('"event":"listening"');
    return startSkewedQuash(this.clock.path, { cwd: this.folder, args: ['--role', role], keeps }, wrapper);
  }

  /** Notes that whoever works may do again what is in hand from now on, until the leases of `during` have ended. */
  async disturb(
    kind: string,
    workers: number,
    during: () => Promise<void>,
    afterMs = LEASE_MS,
  ): Promise<void> {
    const from = Date.now();
    await during();
    const until = Date.now();
    // A busy machine takes longer than a lease for it, and then others are in hand as well.
    const times = 1 + Math.floor((until - from) / LEASE_MS);
    this.disturbances.push({ kind, from, to: until + afterMs, inHand: workers * IN_HAND * times });
  }

  /** Sets the clock for everybody. Forward it ends all leases, so what is in hand may be done twice. */
  jump(hours: number): Promise<void> {
    const workers = this.replicas.filter(({ role }) => role !== 'api').length;
    return this.disturb(hours > 0 ? 'clock forward' : 'clock back', workers, async () => {
      this.clock.jump(hours * 3_600_000);
    });
  }

  /** Lets the certificates and GitLab come and go until aborted; then all is well. */
  async weather(random: Random, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.vendor.showCertificate(
        random.chance(0.6) ? 'right' : random.pick(['unknown-issuer', 'wrong-name']),
      );
      this.front.up = random.chance(0.7);
      await delay(random.between(200, 2_000), undefined, { signal }).catch(() => undefined);
    }
    this.vendor.showCertificate('right');
    this.front.up = true;
  }

  /** All entries, as the admin API shows them. */
  async entries(state?: Entry['state']): Promise<Entry[]> {
    const entries: Entry[] = [];
    const filter = state === undefined ? '' : `&state=${state}`;
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: ListPage = await this.admin(
        `/revocations?limit=200${filter}${cursor && `&cursor=${cursor}`}`,
      );
      entries.push(...page.entries);
      cursor = page.cursor;
    }
    return entries;
  }

  /** Of one entry, with the times of the chaos clock; empty for none. */
  async history(id: string | undefined): Promise<EntryDetails['history']> {
    if (id === undefined) return [];
    return (await this.admin<EntryDetails>(`/revocations/${id}`)).history;
  }

  /** What the admin API answers below `/api`. Patiently: on a busy machine a ledger that is there may not answer in time. */
  admin<T>(path: string): Promise<T> {
    return eventually(() => this.#ask<T>(path));
  }

  async #ask<T>(path: string): Promise<T> {
    const running = this.replicas.find((replica) => replica.running)?.running;
    if (!running) throw new Error('No process is there to be asked.');
    const answer = await fetch(`${running.adminUrl}/api${path}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    if (answer.status !== 200) throw new Error(`The admin API answered ${answer.status}.`);
    return (await answer.json()) as T;
  }
}

function configuration(parts: { vendor: Vendor; front: Front; adminToken: string; ledger: LedgerSettings }) {
  const { vendor, front, adminToken, ledger } = parts;
  const lane = (name: 'flaky' | 'bare' | 'tls') => customProvider(name, vendor, CONCURRENCY);
  return {
    ledger: { ...ledger, keysFile: './keys.json' },
    auth: { tokens: [PRE_SHARED] },
    admin: { tokens: [ADMIN_TOKEN] },
    limits: { requestsPerMinute: NO_LIMIT, tokensPerMinute: NO_LIMIT },
    revocation: { maxPerHour: NO_LIMIT, leaseSeconds: (LEASE_MS * CLOCK_RATE) / 1000 },
    upstream: { timeoutMs: UPSTREAM_TIMEOUT_MS, allowPrivate: ['127.0.0.1'], caFile: './ca.pem' },
    gitlab: { instances: [{ url: front.url, adminToken }] },
    providers: { gitlab: { concurrency: CONCURRENCY } },
    custom: { flaky: lane('flaky'), bare: lane('bare'), tls: lane('tls') },
  };
}
