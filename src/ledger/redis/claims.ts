import type { ClaimOptions, ClaimResult } from '../claim.ts';
import { shareOfLimit } from '../shares.ts';
import { type Elsewhere, type LaneLook, NO_USAGE, type ValveUsage } from './lane-look.ts';
import { toClaim, toLane, toLook, toUsage } from './replies.ts';
import type { RedisStorage } from './storage.ts';

/** Hands out what is due, of all partitions or of one. */
export class RedisClaims {
  readonly #storage: RedisStorage;

  constructor(storage: RedisStorage) {
    this.#storage = storage;
  }

  /** See {@link Ledger.claim}. */
  async claim(provider: string, options: ClaimOptions): Promise<ClaimResult> {
    const found = await this.claimPart(provider, options);
    if (!found) throw new TypeError('A claim without a look is outdated by none.');
    return found.result;
  }

  /**
   * @param elsewhere where there are several partitions: what the script has to know of the others
   * @returns undefined when somebody else has looked since the look that this claim rests on
   */
  async claimPart(
    provider: string,
    { now, limit, leaseMs, maxPerHour, asksOnly }: ClaimOptions,
    elsewhere?: Elsewhere,
  ): Promise<{ readonly result: ClaimResult; readonly usage: ValveUsage } | undefined> {
    const reply = await this.#storage.script('claim', [
      ...[provider, now, limit, now + leaseMs, crypto.randomUUID(), maxPerHour],
      ...[shareOfLimit(maxPerHour), asksOnly ? 1 : 0, elsewhere ? JSON.stringify(elsewhere) : ''],
    ]);
    if (!reply) return undefined;
    const [lane, nextAt, surplus, claims, usage] = reply;
    const result: ClaimResult = {
      claims: claims.map((claim) => toClaim(this.#storage.vault, provider, claim)),
      lane: toLane(lane),
      ...(nextAt !== '' && { nextAt: Number(nextAt) }),
      ...(surplus === 1 && { surplus: true }),
    };
    return { result, usage: usage === '' ? NO_USAGE : toUsage(usage) };
  }

  /** What this partition has of one lane. From here on nobody claims in it who looked before. */
  async lookToClaim(
    provider: string,
    { now, maxPerHour }: Pick<ClaimOptions, 'now' | 'maxPerHour'>,
    token: string,
  ): Promise<LaneLook> {
    const [found] = await this.#storage.script('look', [now, token, maxPerHour, provider]);
    if (!found) throw new TypeError('A look at a lane has found none.');
    return toLook(found);
  }

  /** What this partition has of all its lanes. */
  async look(now: number): Promise<readonly LaneLook[]> {
    return (await this.#storage.script('look', [now, '', ''])).map(toLook);
  }

  /** The safety valve counts nothing of what was revoked here before. */
  async forgetHour(provider: string): Promise<void> {
    await this.#storage.connection.run((client) => client.del(this.#storage.keys.revoked(provider)));
  }
}
