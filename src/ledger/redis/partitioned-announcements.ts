/** Announcements over several partitions: each keeps those of its entries, and of the lanes whose home it is. */
import type { Announcement, AnnouncementBatch, TakeOptions } from '../announcement.ts';
import { partitionOf } from './keys.ts';
import type { Partition } from './partitions.ts';

interface Taken {
  readonly partition: Partition;
  readonly lease: string;
  /** How many it has handed out. */
  readonly announcements: number;
}

interface Batch {
  readonly lease: string;
  /** In the order in which they were handed on. */
  readonly items: readonly { readonly seq: string; readonly ownSeq: string; readonly taken: Taken }[];
  readonly taken: readonly Taken[];
}

export class PartitionedAnnouncements {
  readonly #partitions: readonly Partition[];
  /** What this process has to deliver, by channel. */
  readonly #batches = new Map<string, Batch>();

  constructor(partitions: readonly Partition[]) {
    this.#partitions = partitions;
  }

  async take(channel: string, options: TakeOptions): Promise<AnnouncementBatch | undefined> {
    const { now, limit, leaseMs, longestMs } = options;
    const lease = crypto.randomUUID();
    const home = this.#home(channel);
    const leads = { now, until: now + leaseMs, lease, ...(longestMs !== undefined && { longestMs }) };
    if (!(await home.leadChannel(channel, leads))) return undefined;
    const batches = await Promise.all(
      this.#partitions.map((each) => each.ask((ledger) => ledger.takeAnnouncements(channel, options))),
    );
    const taken: Taken[] = [];
    const found: { readonly announcement: Announcement; readonly ownSeq: string; readonly taken: Taken }[] =
      [];
    let missed = 0;
    for (const [index, partition] of this.#partitions.entries()) {
      const batch = batches[index];
      if (!batch) continue;
      const part = { partition, lease: batch.lease, announcements: batch.announcements.length };
      taken.push(part);
      missed += batch.missed;
      for (const announcement of batch.announcements) {
        // Its own for ever, and one that no other partition gives.
        const seq = String(Number(announcement.seq) * this.#partitions.length + index);
        found.push({ announcement: { ...announcement, seq }, ownSeq: announcement.seq, taken: part });
      }
    }
    if (found.length === 0) {
      await home.leadChannel(channel, { now, until: 0, lease: '', givenUp: lease });
      return undefined;
    }
    const first = found.toSorted((a, b) => a.announcement.at - b.announcement.at).slice(0, limit);
    const items = first.map(({ announcement, ...item }) => ({ seq: announcement.seq, ...item }));
    this.#batches.set(channel, { lease, items, taken });
    return { lease, announcements: first.map(({ announcement }) => announcement), missed };
  }

  async confirm(channel: string, lease: string, through: string): Promise<boolean> {
    const batch = this.#batches.get(channel);
    const end = batch?.items.findIndex(({ seq }) => seq === through) ?? -1;
    if (!batch || batch.lease !== lease || end < 0) return false;
    const last = new Map<Taken, string>();
    for (const { taken, ownSeq } of batch.items.slice(0, end + 1)) last.set(taken, ownSeq);
    const confirmed = await Promise.all(
      [...last].map(([taken, ownSeq]) =>
        taken.partition.ledger.confirmAnnouncements(channel, taken.lease, ownSeq),
      ),
    );
    if (confirmed.includes(false)) return false;
    if (end === batch.items.length - 1) await this.#end(channel, batch, 0);
    return true;
  }

  async putOff(channel: string, lease: string, until: number): Promise<boolean> {
    const batch = this.#batches.get(channel);
    if (batch?.lease !== lease) return false;
    return this.#end(channel, batch, until);
  }

  /** What was handed out and not confirmed is free again. @returns false when the lease was lost */
  async #end(channel: string, { lease, taken }: Batch, until: number): Promise<boolean> {
    this.#batches.delete(channel);
    await Promise.all(
      taken.map((each) => each.partition.ask((ledger) => ledger.putOffAnnouncements(channel, each.lease, 0))),
    );
    return this.#home(channel).leadChannel(channel, { now: 0, until, lease: '', givenUp: lease });
  }

  #home(channel: string) {
    const home = this.#partitions[partitionOf(channel, this.#partitions.length)];
    if (!home) throw new RangeError('There is no such partition.');
    return home.ledger;
  }
}
