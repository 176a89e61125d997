/**
 * Claims over several partitions. Each counts what was revoked or is in hand of its own entries; the limits hold for
 * their sum. So whoever claims looks at all of them first, with a token that ends what others have begun, and tells
 * each what there is elsewhere: then nobody claims on a count that is outdated.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Claim, ClaimOptions, ClaimResult } from '../claim.ts';
import type { LaneState } from '../lane-state.ts';
import { LedgerError } from '../ledger.ts';
import { partitionOf } from './keys.ts';
import { type Elsewhere, type LaneLook, sumUsages, wholeLane } from './lane-look.ts';
import type { Partition } from './partitions.ts';

/** Several replicas that claim for one lane at the same time get in each other's way, for a moment. */
const ATTEMPTS = 10;
const LONGEST_DELAY_MS = 25;

/** The lane as all partitions have it, and those of them that are there. */
interface Looked {
  readonly home: LaneState;
  readonly looks: Map<Partition, LaneLook>;
  readonly here: readonly Partition[];
}

export class PartitionedClaims {
  readonly #partitions: readonly Partition[];
  /** The end of the last claim of this process, by provider. */
  readonly #ended = new Map<string, Promise<unknown>>();
  #turn = 0;

  constructor(partitions: readonly Partition[]) {
    this.#partitions = partitions;
  }

  /** One after the other for each lane. */
  claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    const before = this.#ended.get(provider);
    const claiming = (before ?? Promise.resolve()).then(
      () => this.#claim(provider, options),
      () => this.#claim(provider, options),
    );
    this.#ended.set(provider, claiming);
    return claiming;
  }

  async #claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    for (let attempt = 1; ; attempt++) {
      const token = crypto.randomUUID();
      const looked = await this.#look(provider, options, token);
      const result = await this.#claimAll(provider, options, looked, token);
      if (result) return result;
      const { home, looks } = looked;
      const lane = wholeLane(home, [...looks.values()], options.now);
      if (attempt === ATTEMPTS) return { claims: [], lane, nextAt: options.now + LONGEST_DELAY_MS };
      await delay(Math.random() * LONGEST_DELAY_MS);
    }
  }

  async #look(provider: string, options: ClaimOptions, token: string): Promise<Looked> {
    const looks = new Map<Partition, LaneLook>();
    const here: Partition[] = [];
    const found = await Promise.all(
      this.#partitions.map((each) =>
        each.ask((ledger) => ledger.claims.lookToClaim(provider, options, token)),
      ),
    );
    for (const [index, partition] of this.#partitions.entries()) {
      const look = found[index];
      if (look) {
        partition.seen.set(provider, look);
        here.push(partition);
      }
      // Of one that is away counts what was there last: nobody claims in it, so it has not become more.
      const last = partition.seen.get(provider);
      if (last) looks.set(partition, last);
    }
    const homeOf = this.#partitions[partitionOf(provider, this.#partitions.length)];
    const home = homeOf && looks.get(homeOf)?.lane;
    if (here.length > 0 && home) return { home, looks, here };
    throw new LedgerError('unavailable', 'The partition of the Redis ledger that has the lane is away.');
  }

  /** @returns undefined when somebody else was quicker, and nothing was claimed */
  async #claimAll(
    provider: string,
    options: ClaimOptions,
    { home, looks, here }: Looked,
    token: string,
  ): Promise<ClaimResult | undefined> {
    const { now, leaseMs } = options;
    const wholeNow = () => wholeLane(home, [...looks.values()], now);
    if (home.parked) return { claims: [], lane: wholeNow() };
    const probing = home.streak > 0;
    const probe = probing ? probeEnd(home, looks) : 0;
    // No lease is longer: one that seems so was made by a clock that was ahead, and may be of a worker that is gone.
    const waits = Math.max(home.pausedUntil, probe <= now + leaseMs ? probe : 0);
    if (waits > now) return { claims: [], lane: wholeNow(), nextAt: waits };

    const limit = probing ? Math.min(1, options.limit) : options.limit;
    const claims: Claim[] = [];
    const nexts: number[] = [];
    let surplus = false;
    let asked: readonly Partition[] = this.#inTurn(here);
    while (asked.length > 0 && claims.length < limit) {
      const mayHaveMore: Partition[] = [];
      for (const [index, partition] of asked.entries()) {
        const wanted = Math.ceil((limit - claims.length) / (asked.length - index));
        if (wanted === 0) break;
        const elsewhere = elsewhereOf(partition, { home, looks, token, probing, now });
        const found = await partition.ask((ledger) =>
          ledger.claims
            .claimPart(provider, { ...options, limit: wanted }, elsewhere)
            .then((claim) => ({ claim })),
        );
        // It went away between the look and the claim.
        if (!found) continue;
        if (!found.claim) {
          return claims.length === 0 ? undefined : { claims, lane: wholeNow(), nextAt: now };
        }
        const { result, usage } = found.claim;
        const before = looks.get(partition);
        if (before) looks.set(partition, { ...before, usage });
        claims.push(...result.claims);
        if (result.claims.length === wanted) mayHaveMore.push(partition);
        else if (result.nextAt !== undefined) nexts.push(result.nextAt);
        surplus ||= result.claims.length < wanted && result.surplus === true;
      }
      asked = mayHaveMore;
    }
    const lane = wholeNow();
    if (claims.length === options.limit) return { claims, lane, nextAt: now };
    if (probing && claims.length > 0) return { claims, lane, nextAt: now + leaseMs };
    return {
      ...{ claims, lane },
      ...(nexts.length > 0 && { nextAt: Math.min(...nexts) }),
      ...(surplus && { surplus }),
    };
  }

  /** Each claim begins with another one. */
  #inTurn(here: readonly Partition[]): readonly Partition[] {
    this.#turn = (this.#turn + 1) % this.#partitions.length;
    const start = this.#turn % here.length;
    return [...here.slice(start), ...here.slice(0, start)];
  }
}

/** When the lease ends of the one entry that was let through after the last pause, wherever that is. */
function probeEnd({ epoch }: LaneState, looks: ReadonlyMap<Partition, LaneLook>): number {
  const ends = [...looks.values()].map((look) => (look.probeEpoch === epoch ? look.probeEnd : 0));
  return Math.max(0, ...ends);
}

function elsewhereOf(
  partition: Partition,
  of: Pick<Looked, 'home' | 'looks'> & Pick<Elsewhere, 'token' | 'probing'> & { readonly now: number },
): Elsewhere {
  const { home, looks, token, probing, now } = of;
  const usages = [...looks].flatMap(([each, { usage }]) => (each === partition ? [] : [usage]));
  return { token, probing, epoch: home.epoch, ...sumUsages(usages, now) };
}
