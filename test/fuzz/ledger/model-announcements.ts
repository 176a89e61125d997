/** Who is told of what, as `src/ledger/ledger.ts` promises it. */
import type { Announcement } from '../../../src/ledger/announcement.ts';
import type { ModelClock } from './model-clock.ts';

/** Numbered without gaps. */
export type Told = Omit<Announcement, 'seq'> & { readonly number: number };

interface ModelChannel {
  /** All up to this one are confirmed. */
  cursor: number;
  lease: string | null;
  batchEnd: number;
  freeAt: number;
}

export class ModelAnnouncements {
  readonly #clock: ModelClock;
  readonly #max: number;
  readonly #channels = new Map<string, ModelChannel>();
  /** What has not been confirmed by all. */
  #kept: Told[] = [];
  #last = 0;

  /** @param max kept for a channel that cannot be reached */
  constructor(clock: ModelClock, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  add(told: Omit<Told, 'number' | 'at'>): void {
    if (this.#channels.size === 0) return;
    this.#last += 1;
    this.#kept = [...this.#kept, { number: this.#last, at: this.#clock.now, ...told }].slice(-this.#max);
  }

  setChannels(names: readonly string[]): void {
    for (const name of this.#channels.keys()) if (!names.includes(name)) this.#channels.delete(name);
    for (const name of names) {
      const begun = { cursor: this.#last, lease: null, batchEnd: 0, freeAt: 0 };
      this.#channels.set(name, this.#channels.get(name) ?? begun);
    }
    this.#dropConfirmed();
  }

  /** What the channel may be given now, and how many before that made room. */
  undelivered(name: string, limit: number): { readonly told: readonly Told[]; readonly missed: number } {
    const channel = this.#channels.get(name);
    if (!channel || channel.freeAt > this.#clock.now) return { told: [], missed: 0 };
    const told = this.#kept.filter(({ number }) => number > channel.cursor).slice(0, limit);
    return { told, missed: (told[0]?.number ?? 0) - channel.cursor - 1 };
  }

  taken(name: string, batch: { readonly lease: string; readonly batchEnd: number; readonly freeAt: number }) {
    Object.assign(this.#channels.get(name) ?? {}, batch);
  }

  confirm(name: string, lease: string, through: number): boolean {
    const channel = this.#channels.get(name);
    if (channel?.lease !== lease) return false;
    channel.cursor = Math.max(channel.cursor, Math.min(through, channel.batchEnd));
    if (channel.cursor >= channel.batchEnd) Object.assign(channel, { lease: null, freeAt: 0 });
    this.#dropConfirmed();
    return true;
  }

  putOff(name: string, lease: string, until: number): boolean {
    const channel = this.#channels.get(name);
    if (channel?.lease !== lease) return false;
    Object.assign(channel, { lease: null, freeAt: until });
    return true;
  }

  /** Everything, when there is no channel. */
  #dropConfirmed(): void {
    const confirmed = Math.min(...[...this.#channels.values()].map(({ cursor }) => cursor));
    this.#kept = this.#kept.filter(({ number }) => number > confirmed);
  }
}
