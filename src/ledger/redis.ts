import { readFileSync } from 'node:fs';
import type { Outcome } from '../outcome.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  type Claim,
  type ClaimOptions,
  type ClaimResult,
  type Count,
  type Entry,
  type EntryDetails,
  type HistoryEvent,
  type LaneState,
  type Ledger,
  LedgerError,
  type ListOptions,
  type ListPage,
  MAX_EVENTS,
  MAX_LOCATIONS,
  type Phase,
  type Postponement,
  type Progress,
  type Report,
  type Settlement,
  STATES,
  type State,
} from './ledger.ts';
import {
  connectRedis,
  type RedisClient,
  type RedisConnection,
  type RedisConnectionOptions,
} from './redis-connection.ts';
import { durabilityWarnings, groupCommit, syncToDisk } from './redis-durability.ts';

/** All keys carry its hash tag; the scripts, which get it as their only key, therefore run where all keys are. */
const META_KEY = '{quash}:meta';
const PING_KEY = '{quash}:ping';
const WORK_CHANNEL = '{quash}:work';

/** Redis does nothing else while a script runs; this many reports take it some hundred milliseconds. */
const REPORTS_PER_SCRIPT = 10_000;
const DELETIONS_PER_SCRIPT = 1_000;
/** Entries that one script looks at for a filter that no index answers. */
const FILTER_WINDOW = 500;

/** What the scripts answer; Lua's nil and false arrive as null. */
interface Replies {
  readonly accept: readonly [created: number, repeated: number, providers: readonly string[]] | null;
  readonly claim: readonly [lane: LaneReply, nextAt: string, claims: readonly ClaimReply[]];
  readonly settle: 0 | 1;
  readonly 'put-off': 0 | 1;
  readonly release: 0 | 1;
  readonly requeue: string | null;
  readonly dismiss: 0 | 1;
  readonly get: readonly [Fields, locations: readonly string[], history: readonly string[]] | null;
  readonly list: readonly [last: string, ...(readonly [id: string, Fields])[]];
  readonly count: readonly (string | number)[];
  readonly purge: number;
  readonly 'pause-lane': LaneReply;
  readonly 'lane-healthy': 0 | 1;
  readonly 'park-lane': 1;
  readonly 'resume-lane': 1;
  readonly lanes: readonly LaneReply[];
}

type LaneReply = readonly [
  provider: string,
  epoch: number,
  streak: number,
  pausedUntil: number,
  reason: string,
  parked: 0 | 1,
];

type ClaimReply = readonly [
  ...head: [id: string, lease: string, kind: string, sealed: string, note: string | null, approved: string],
  ...tail: [state: string, firstReportedAt: string, ...progress: string[]],
];

type Fields = readonly (string | null)[];

type ScriptName = keyof Replies;

const SCRIPT_NAMES = [
  ...(['accept', 'claim', 'settle', 'put-off', 'release', 'requeue', 'dismiss'] as const),
  ...(['get', 'list', 'count', 'purge'] as const),
  ...(['pause-lane', 'lane-healthy', 'park-lane', 'resume-lane', 'lanes'] as const),
] satisfies readonly ScriptName[];

/** The fields of an entry's hash that {@link toEntry} reads, in its order. */
const ENTRY_FIELDS = [
  ...['number', 'provider', 'kind', 'types', 'state', 'outcome', 'approved', 'reports'],
  ...['first_reported', 'last_reported', 'due', 'ended'],
  ...['phase', 'attempts', 'verifications', 'deferrals'],
] as const;

export interface RedisLedgerOptions extends RedisConnectionOptions {
  /** `Vault.keyCheck()` of the key file in use. */
  readonly keyCheck: string;
}

/**
 * Connects, and claims an empty server for this key file.
 * @throws {LedgerError} `unavailable`, `wrong-keys`
 * @throws {Error} when the URL is not valid
 */
export async function openRedisLedger({ keyCheck, ...options }: RedisLedgerOptions): Promise<Ledger> {
  const ledger = new RedisLedger(connectRedis(options));
  try {
    await ledger.open(keyCheck);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

class RedisLedger implements Ledger {
  readonly #connection: RedisConnection;
  /** Blocks while it waits for the disk, so nothing else may use it. */
  readonly #syncConnection: RedisConnection;
  readonly #written: () => Promise<void>;
  readonly #listeners: ((provider: string) => void)[] = [];
  /** Tells our own messages from those of other replicas. */
  readonly #origin = crypto.randomUUID();

  constructor(connection: RedisConnection) {
    this.#connection = connection;
    this.#syncConnection = connection.duplicate();
    this.#written = groupCommit(() => syncToDisk(this.#syncConnection));
    connection.defineScripts(readScripts());
  }

  async open(keyCheck: string): Promise<void> {
    const known = await this.#connection.run(async (client) => {
      await client.hsetnx(META_KEY, 'key_check', keyCheck);
      return client.hget(META_KEY, 'key_check');
    });
    if (known !== keyCheck) {
      throw new LedgerError('wrong-keys', 'The Redis ledger was written with another key file.');
    }
    await this.#connection.subscribe(
      WORK_CHANNEL,
      (message) => this.#onMessage(message),
      () => void this.#announceAll(),
    );
  }

  async accept(reports: readonly Report[], { now, backlog }: AcceptOptions): Promise<AcceptResult> {
    let created = 0;
    let repeated = 0;
    const woken = new Set<string>();
    // A request above the limit is committed in parts, and the first one decides about the backlog. Should a later
    // one fail, the caller sends all again, and what is there already only counts.
    for (let start = 0; start < reports.length; start += REPORTS_PER_SCRIPT) {
      const part = reports.slice(start, start + REPORTS_PER_SCRIPT);
      const reply = await this.#script('accept', [
        ...[now, start === 0 ? backlog : -1, this.#origin],
        ...part.flatMap((report) => reportArguments(report, now)),
      ]);
      if (!reply) throw new LedgerError('backlog-full', 'Too many entries are queued.');
      created += reply[0];
      repeated += reply[1];
      for (const provider of reply[2]) woken.add(provider);
    }
    if (reports.length > 0) await this.#written();
    for (const provider of woken) this.#announce(provider);
    return { created, repeated };
  }

  async claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    const { now, limit, leaseMs, maxPerHour } = options;
    const [lane, nextAt, claims] = await this.#script('claim', [
      ...[provider, now, limit, now + leaseMs, crypto.randomUUID(), maxPerHour],
    ]);
    return {
      claims: claims.map((claim) => toClaim(provider, claim)),
      lane: toLane(lane),
      ...(nextAt !== '' && { nextAt: Number(nextAt) }),
    };
  }

  async settle({ id, lease }: Pick<Claim, 'id' | 'lease'>, settlement: Settlement): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, events } = settlement;
    const settled = await this.#script('settle', [
      ...[id, lease, this.#origin, now, state],
      ...[outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome), dueAt ?? '', note ?? ''],
      ...progressArguments(progress),
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return settled === 1;
  }

  async putOff({ id, lease }: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    const { now, dueAt, progress, note, events } = postponement;
    const putOff = await this.#script('put-off', [
      ...[id, lease, this.#origin, now, dueAt, note ?? ''],
      ...progressArguments(progress),
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return putOff === 1;
  }

  async release({ id, lease }: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return (await this.#script('release', [id, lease, this.#origin, now])) === 1;
  }

  async requeue(
    id: string,
    { now, approve, event }: { now: number; approve: boolean; event: HistoryEvent },
  ): Promise<boolean> {
    const args = [id, this.#origin, now, approve ? 1 : 0, JSON.stringify(event)];
    const provider = await this.#script('requeue', args);
    if (provider === null) return false;
    this.#announce(provider);
    return true;
  }

  async dismiss(id: string, { now, event }: { now: number; event: HistoryEvent }): Promise<boolean> {
    return (await this.#script('dismiss', [id, this.#origin, now, JSON.stringify(event)])) === 1;
  }

  async get(id: string): Promise<EntryDetails | undefined> {
    const reply = await this.#script('get', [id, ...ENTRY_FIELDS]);
    if (!reply) return undefined;
    const [fields, locations, history] = reply;
    return { ...toEntry(id, fields), locations, history: history.map((event) => JSON.parse(event)) };
  }

  async list({ state, provider, type, since, cursor, limit }: ListOptions): Promise<ListPage> {
    const wanted = limit + 1; // One more than the page tells whether there is a next one.
    const window = type === undefined ? wanted : Math.max(wanted, FILTER_WINDOW);
    const found: (readonly [id: string, Fields])[] = [];
    let below = parseCursor(cursor);
    do {
      const [last, ...entries] = await this.#script('list', [
        ...[below, (since ?? 0) * 1000, window, provider ?? '', state ?? '', type ?? ''],
        ...ENTRY_FIELDS,
      ]);
      found.push(...entries);
      below = last;
    } while (below !== '' && found.length < wanted);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      entries: page.map(([id, fields]) => toEntry(id, fields)),
      ...(last && found.length > limit && { cursor: toCursor(last[1]) }),
    };
  }

  async count(): Promise<readonly Count[]> {
    const reply = await this.#script('count', []);
    const counts: Count[] = [];
    for (let at = 0; at < reply.length; at += 3) {
      const [provider, state, entries] = reply.slice(at, at + 3);
      counts.push({ provider: String(provider), state: state as State, entries: Number(entries) });
    }
    return counts;
  }

  async pauseLane(
    provider: string,
    { epoch, until, reason }: { epoch: number; until: number; reason: string; now: number },
  ): Promise<LaneState> {
    return toLane(await this.#script('pause-lane', [provider, epoch, until, reason]));
  }

  async laneHealthy(provider: string, epoch: number): Promise<void> {
    const opened = await this.#script('lane-healthy', [provider, epoch, this.#origin]);
    if (opened) this.#announce(provider);
  }

  async parkLane(provider: string, reason: string): Promise<void> {
    await this.#script('park-lane', [provider, reason]);
  }

  async resumeLane(provider: string): Promise<void> {
    await this.#script('resume-lane', [provider, this.#origin]);
    this.#announce(provider);
  }

  async lanes(): Promise<readonly LaneState[]> {
    return (await this.#script('lanes', [])).map(toLane);
  }

  async purge({ endedBefore, limit }: { endedBefore: number; limit: number }): Promise<number> {
    let purged = 0;
    for (;;) {
      const part = Math.min(limit - purged, DELETIONS_PER_SCRIPT);
      const deleted = part > 0 ? await this.#script('purge', [endedBefore, part]) : 0;
      purged += deleted;
      if (deleted === 0 || deleted < part) return purged;
    }
  }

  onWork(listener: (provider: string) => void): void {
    this.#listeners.push(listener);
  }

  async ping(): Promise<void> {
    await this.#connection.run((client) => client.incr(PING_KEY));
  }

  async warnings(): Promise<readonly string[]> {
    return durabilityWarnings(this.#connection);
  }

  async close(): Promise<void> {
    this.#connection.close();
    this.#syncConnection.close();
  }

  /** @throws {LedgerError} `unavailable` */
  #script<Name extends ScriptName>(name: Name, args: readonly (string | number)[]): Promise<Replies[Name]> {
    return this.#connection.run((client) => callScript(client, name, args));
  }

  #announce(provider: string): void {
    for (const listener of this.#listeners) listener(provider);
  }

  #onMessage(message: string): void {
    const [origin, provider] = message.split(' ');
    if (provider && origin !== this.#origin) this.#announce(provider);
  }

  /** After the subscription was away: messages may have been missed. */
  async #announceAll(): Promise<void> {
    try {
      for (const lane of await this.lanes()) this.#announce(lane.provider);
    } catch {
      // The server went away again; the next subscription does it.
    }
  }
}

function readScripts(): Record<string, string> {
  const states = STATES.map((state) => `'${state}'`).join(', ');
  const constants = [
    `local MAX_LOCATIONS, MAX_EVENTS = ${MAX_LOCATIONS}, ${MAX_EVENTS}`,
    `local STATES, WORK_CHANNEL = { ${states} }, '${WORK_CHANNEL}'`,
  ];
  const head = `${constants.join('\n')}\n${readScript('shared')}\n`;
  return Object.fromEntries(SCRIPT_NAMES.map((name) => [commandName(name), head + readScript(name)]));
}

function readScript(name: string): string {
  return readFileSync(new URL(`./redis/${name}.lua`, import.meta.url), 'utf8');
}

/** Apart from the names of Redis's own commands. */
function commandName(name: ScriptName): string {
  return `quash:${name}`;
}

function callScript<Name extends ScriptName>(
  client: RedisClient,
  name: Name,
  args: readonly (string | number)[],
): Promise<Replies[Name]> {
  const command: unknown = Reflect.get(client, commandName(name));
  if (typeof command !== 'function') throw new TypeError('A script is not defined.');
  // One array for all arguments: they may be too many for a call, and the library flattens it.
  return command.call(client, META_KEY, args);
}

function reportArguments(report: Report, now: number): (string | number)[] {
  const { id, provider, kind, type, location, sealed, initial, restarts } = report;
  const outcome = initial.state === 'attention' ? initial.outcome : undefined;
  const event: HistoryEvent = { at: now, event: 'reported', ...(outcome && { outcome }) };
  return [
    ...[id, provider, kind, type, location, sealed],
    ...[initial.state, outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome)],
    ...[JSON.stringify(restarts), JSON.stringify(event)],
  ];
}

/** What {@link Report.restarts} may name; apart from the outcome, whose other text a script cannot always read. */
function outcomeNames(outcome: Outcome | undefined): string {
  return JSON.stringify([outcome?.kind, outcome?.reason].filter((name) => name !== undefined));
}

function progressArguments({ phase, attempts, verifications, deferrals }: Progress): (string | number)[] {
  return [phase, attempts, verifications, deferrals];
}

function toProgress([phase, attempts, verifications, deferrals]: Fields): Progress {
  return {
    phase: phase as Phase,
    attempts: Number(attempts),
    verifications: Number(verifications),
    deferrals: Number(deferrals),
  };
}

function toClaim(provider: string, reply: ClaimReply): Claim {
  const [id, lease, kind, sealed, note, approved, state, firstReportedAt, ...progress] = reply;
  return {
    ...toProgress(progress),
    ...{ id, lease, provider, kind, sealed, note },
    approved: approved === '1',
    state: state === 'attention' ? 'attention' : 'queued',
    firstReportedAt: Number(firstReportedAt),
  };
}

function toEntry(id: string, fields: Fields): Entry {
  const [, provider, kind, types, state, outcome, approved, reports, ...times] = fields;
  const [firstReportedAt, lastReportedAt, dueAt, endedAt, ...progress] = times;
  return {
    ...toProgress(progress),
    id,
    provider: String(provider),
    kind: String(kind),
    types: JSON.parse(types ?? '[]'),
    state: state as State,
    outcome: outcome ? JSON.parse(outcome) : null,
    approved: approved === '1',
    reports: Number(reports),
    firstReportedAt: Number(firstReportedAt),
    lastReportedAt: Number(lastReportedAt),
    dueAt: dueAt ? Number(dueAt) : null,
    endedAt: endedAt ? Number(endedAt) : null,
  };
}

function toLane([provider, epoch, streak, pausedUntil, reason, parked]: LaneReply): LaneState {
  return { provider, epoch, streak, pausedUntil, reason: reason || null, parked: parked === 1 };
}

function toCursor([number]: Fields): string {
  return Buffer.from(String(Number(number))).toString('base64url');
}

/** The number to stay below; a cursor that is none of ours starts from the newest. */
function parseCursor(cursor = ''): string {
  const number = Buffer.from(cursor, 'base64url').toString();
  return /^\d{1,16}$/.test(number) ? number : '+inf';
}
