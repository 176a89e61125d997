import { backlogFull } from '../ledger.ts';
import {
  type AcceptOptions,
  type AcceptResult,
  COUNTS_KEPT_MS,
  countInParts,
  inParts,
  isOnePart,
  type RepeatedReport,
  type RepeatOptions,
  type ReportedToken,
  type ReportList,
} from '../report.ts';
import { createShareKeys, shareOfLimit } from '../shares.ts';
import { repeatArguments, reportArguments } from './report-arguments.ts';
import type { Replies } from './scripts.ts';
import type { RedisStorage } from './storage.ts';
import type { WorkChannel } from './work-channel.ts';

/** Takes reports in, of all partitions or of one. */
export class RedisReports {
  readonly #storage: RedisStorage;
  readonly #work: WorkChannel;
  /** Whether the server that is connected has run the script of accept. */
  #knowsAccept = false;

  constructor(storage: RedisStorage, work: WorkChannel) {
    this.#storage = storage;
    this.#work = work;
    storage.connection.client.on('ready', () => {
      this.#knowsAccept = false;
    });
  }

  /** See {@link Ledger.repeat}. */
  async repeat(
    reports: ReportList<RepeatedReport>,
    { now, isOver }: RepeatOptions,
  ): Promise<readonly boolean[]> {
    const counted = await countInParts(reports, isOver, async (part) => {
      const reply = await this.#storage.script('repeat', [
        now,
        ...repeatArguments(part, this.#storage.vault),
      ]);
      return Array.from(reply, (digit) => digit === '1');
    });
    // Also for the first report of a token, which its own request may still be waiting for.
    if (counted.includes(true)) await this.#storage.written();
    return counted;
  }

  /** See {@link Ledger.accept}. */
  async accept(reports: ReportList, { now, backlog, isOver }: AcceptOptions): Promise<AcceptResult> {
    let created = 0;
    let repeated = 0;
    const setAside: number[] = [];
    const beyond: number[] = [];
    const woken = new Set<string>();
    const isWhole = isOnePart(reports);
    if (!isWhole && (await this.#isAllOfFullShares(reports, backlog))) throw backlogFull();
    let left = reports.length;
    for (const [start, part] of inParts(reports, isOver)) {
      const limits = [start === 0 ? backlog : -1, isWhole ? shareOfLimit(backlog) : -1] as const;
      const accepting = this.acceptPart(part, now, limits);
      const told = this.#tellEarly(part);
      const reply = await accepting;
      this.#knowsAccept = true;
      if (!reply) throw backlogFull();
      created += reply[0];
      repeated += reply[1];
      for (const provider of reply[2]) if (!told.has(provider)) woken.add(provider);
      for (const position of reply[3]) setAside.push(start + position);
      for (const position of reply[4]) beyond.push(start + position);
      left -= part.length;
    }
    if (reports.length > 0) await this.#storage.written();
    for (const provider of woken) this.#work.tell(provider);
    return { created, repeated, setAside, beyond, left };
  }

  /**
   * A claim that is sent now is run behind the reports that were just sent, so who claims need not wait for their answer.
   * A script that the server does not know yet is sent again, and would come behind.
   * @returns whose providers were told
   */
  #tellEarly(reports: readonly ReportedToken[]): ReadonlySet<string> {
    const providers = new Set<string>();
    if (!this.#storage.connection.keepsOrder || !this.#knowsAccept) return providers;
    for (const { provider, initial } of reports) if (initial.state === 'queued') providers.add(provider);
    for (const provider of providers) this.#work.tell(provider);
    return providers;
  }

  /**
   * Commits at most {@link REPORTS_PER_PART}, which are durable after {@link written}; nobody is told here of new work.
   * @returns null when a limit is reached
   */
  acceptPart(
    reports: readonly ReportedToken[],
    now: number,
    [backlog, share]: readonly [backlog: number, share: number] = [-1, -1],
  ): Promise<Replies['accept']> {
    const values = reportArguments(reports, this.#storage.vault);
    return this.#storage.script('accept', [now, backlog, share, this.#work.origin, ...values]);
  }

  /** How many entries are queued, and of each share. */
  async queued(shares: readonly string[]): Promise<readonly number[]> {
    return this.#storage.script('queued', shares);
  }

  /** Of a request that is committed in parts. */
  async #isAllOfFullShares(reports: ReportList, backlog: number): Promise<boolean> {
    const keysOf = createShareKeys();
    let someNew = false;
    for (const [, part] of inParts(reports)) {
      const found = await this.newOfShares(
        part.map(({ id, share }) => [id, keysOf(share).limited ?? '']),
        shareOfLimit(backlog),
      );
      if (found === 'free') return false;
      someNew ||= found === 'full';
    }
    return someNew;
  }

  /** Whether there are new ids among them, and one whose share, where it has one, has fewer than `limit` queued here. */
  newOfShares(
    reports: readonly (readonly [id: string, share: string])[],
    limit: number,
  ): Promise<Replies['new-of-shares']> {
    return this.#storage.script('new-of-shares', [limit, ...reports.flat()]);
  }

  /** Of these ids, those that have an entry. */
  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#storage.connection.run((client) =>
      Promise.all(ids.map((id) => client.exists(this.#storage.keys.entry(id)))),
    );
    return new Set(ids.filter((_, index) => found[index] === 1));
  }

  /** Counts reports that may be beyond a number of entries. @returns how many there were until now, with these */
  async countBeyond(id: string, reports: number): Promise<number> {
    const key = this.#storage.keys.beyond(id);
    return this.#storage.connection.run(async (client) => {
      const count = await client.incrby(key, reports);
      await client.pexpire(key, COUNTS_KEPT_MS);
      return count;
    });
  }
}
