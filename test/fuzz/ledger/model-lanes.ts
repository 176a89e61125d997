/** Lanes and modes, as `src/ledger/ledger.ts` promises them. */
import { ALL_LANES, type LaneState, type Recovery } from '../../../src/ledger/lane-state.ts';
import type { Mode } from '../../../src/words/mode.ts';
import type { ModelAnnouncements } from './model-announcements.ts';
import { HOUR_MS, type ModelClock } from './model-clock.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const BUCKET_MS = 5 * 60_000;
const BUCKETS = HOUR_MS / BUCKET_MS;

type Counted = 'mode' | 'revokedLastHour' | 'valveOpensAt' | 'shareOpensAt';

export interface ModelLane extends Omit<Mutable<LaneState>, Counted> {
  /** The bucket and share of each token that was revoked alive. */
  revoked: { readonly bucket: number; readonly share: string | null }[];
  /** Which source of work is asked first: what has its time, what is to be revoked, what is to be asked about. */
  nextSource: number;
  /** The limit of the last claim. */
  valveMax: number;
  probe: string | null;
  probeUntil: number;
  touched: boolean;
}

export class ModelLanes {
  readonly #clock: ModelClock;
  readonly #announcements: ModelAnnouncements;
  readonly #lanes = new Map<string, ModelLane>();
  readonly #modes = new Map<string, Mode>();

  constructor(clock: ModelClock, announcements: ModelAnnouncements) {
    this.#clock = clock;
    this.#announcements = announcements;
  }

  get(provider: string): ModelLane {
    const blank = {
      ...{ provider, epoch: 0, streak: 0, pausedUntil: 0, reason: null, parked: false, lastDoneAt: null },
      ...{ revoked: [], nextSource: 0, valveMax: 0, probe: null, probeUntil: 0, touched: false },
    };
    const lane: ModelLane = this.#lanes.get(provider) ?? blank;
    this.#lanes.set(provider, lane);
    return lane;
  }

  state(provider: string): LaneState {
    const { probe, probeUntil, touched, revoked, nextSource, valveMax, ...lane } = this.get(provider);
    const revokedLastHour = this.hour(provider).length;
    const valveOpensAt = this.opensAt(provider, valveMax);
    return {
      ...lane,
      revokedLastHour,
      valveOpensAt,
      shareOpensAt: this.shareOpensAt(provider, valveMax),
      mode: this.#modes.get(provider) ?? this.#modes.get(ALL_LANES) ?? null,
    };
  }

  /** Whether it has to be listed: work was begun on it, or somebody changed it. */
  isTouched(provider: string): boolean {
    return this.get(provider).touched;
  }

  touch(provider: string): ModelLane {
    return Object.assign(this.get(provider), { touched: true });
  }

  modes(): Readonly<Record<string, Mode>> {
    return Object.fromEntries(this.#modes);
  }

  setMode(provider: string, mode: Mode | null): void {
    if (provider !== ALL_LANES) this.touch(provider);
    if (mode === null) this.#modes.delete(provider);
    else this.#modes.set(provider, mode);
  }

  /** The buckets of what was revoked in the last hour, the oldest first. @param share of all, where there is none */
  hour(provider: string, share?: string): readonly number[] {
    const last = Math.floor(this.#clock.now / BUCKET_MS);
    return this.get(provider)
      .revoked.filter((each) => each.bucket > last - BUCKETS && each.bucket <= last)
      .filter((each) => share === undefined || each.share === share)
      .map(({ bucket }) => bucket)
      .sort((a, b) => a - b);
  }

  opensAt(provider: string, max: number, share?: string): number | null {
    const hour = this.hour(provider, share);
    if (max === 0 || hour.length < max) return null;
    return (Number(hour[hour.length - max]) + BUCKETS) * BUCKET_MS;
  }

  shareOpensAt(provider: string, max: number): number | null {
    if (max === 0) return null;
    const shares = new Set(this.get(provider).revoked.flatMap(({ share }) => share ?? []));
    const ofShare = Math.max(1, Math.floor(max / 10));
    const times = [...shares].flatMap((share) => this.opensAt(provider, ofShare, share) ?? []);
    return times.length > 0 ? Math.min(...times) : null;
  }

  countRevoked(provider: string, share: string | null): void {
    this.get(provider).revoked.push({ bucket: Math.floor(this.#clock.now / BUCKET_MS), share });
  }

  dropOldRevoked(lane: ModelLane): void {
    const last = Math.floor(this.#clock.now / BUCKET_MS);
    lane.revoked = lane.revoked.filter(({ bucket }) => bucket > last - BUCKETS);
  }

  /** The lease of an entry of the lane is over. */
  endProbe(provider: string, lease: string | null): void {
    const lane = this.get(provider);
    if (lease !== null && lane.probe === lease) Object.assign(lane, { probe: null, probeUntil: 0 });
  }

  pause(provider: string, { epoch, until, reason }: { epoch: number; until: number; reason: string }): void {
    if (this.get(provider).epoch !== epoch) return;
    const lane = this.touch(provider);
    lane.epoch += 1;
    lane.streak += 1;
    if (!lane.parked) lane.reason = reason;
    Object.assign(lane, { pausedUntil: until, probe: null, probeUntil: 0 });
    if (lane.streak === 1) this.#announcements.add({ kind: 'lane-paused', provider, reason });
  }

  healthy(provider: string, epoch: number, how: Recovery): void {
    const lane = this.get(provider);
    const isInPart = lane.streak === 0 && !lane.parked && lane.reason !== null;
    if (lane.epoch !== epoch || (lane.streak === 0 && !(isInPart && how === 'recovered'))) return;
    lane.epoch += 1;
    Object.assign(lane, { streak: 0, pausedUntil: 0 });
    if (lane.parked) return;
    if (how === 'recovered') lane.reason = null;
    this.#announcements.add({ kind: 'lane-resumed', provider, reason: how });
  }

  park(provider: string, reason: string): void {
    const lane = this.touch(provider);
    if (!lane.parked) this.#announcements.add({ kind: 'lane-parked', provider, reason });
    lane.epoch += 1;
    Object.assign(lane, { parked: true, reason });
  }

  resume(provider: string): void {
    const lane = this.touch(provider);
    const isStopped = lane.parked || lane.streak > 0;
    if (isStopped) this.#announcements.add({ kind: 'lane-resumed', provider });
    lane.epoch += 1;
    Object.assign(lane, { parked: false, streak: 0, pausedUntil: 0, revoked: [] });
    if (isStopped) lane.reason = null;
  }
}
