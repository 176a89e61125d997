import type { Claim, Postponement, Settlement } from '../claim.ts';
import { outcomeNames } from '../outcome-names.ts';
import { deadTally } from '../projects.ts';
import { sealedSubject } from '../subject.ts';
import { deathBucket, settledTally } from '../tallies.ts';
import { inGroups } from './in-groups.ts';
import { progressArguments } from './replies.ts';
import type { Values } from './scripts.ts';
import type { RedisStorage } from './storage.ts';

const SETTLEMENTS_PER_SCRIPT = 100;

/** What who holds the lease of an entry may do to it. */
export class RedisLeases {
  readonly #storage: RedisStorage;
  readonly #origin: string;
  /** Of a lane at work many settle at about the same time. */
  readonly #settle = inGroups(SETTLEMENTS_PER_SCRIPT, (settlements: readonly Values[]) =>
    this.#storage.script('settle', [
      this.#origin,
      ...settlements.flatMap((values) => [values.length, ...values]),
    ]),
  );

  /** @param origin of the news that there is work, see {@link WorkChannel} */
  constructor(storage: RedisStorage, origin: string) {
    this.#storage = storage;
    this.#origin = origin;
  }

  /** See {@link Ledger.settle}. */
  async settle(
    { id, lease, firstReportedAt }: Pick<Claim, 'id' | 'lease' | 'firstReportedAt'>,
    settlement: Settlement,
  ): Promise<boolean> {
    const { now, state, outcome, dueAt, progress, note, subject, events, announce, ofReports } = settlement;
    const bucket = deathBucket(settlement, firstReportedAt);
    const settled = await this.#settle([
      ...[id, lease, now, state],
      ...[outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome), dueAt ?? '', note ?? ''],
      ...[...progressArguments(progress), announce ?? '', settledTally(settlement, firstReportedAt) ?? ''],
      ...[ofReports ?? '', bucket === undefined ? '' : deadTally(bucket)],
      sealedSubject(this.#storage.vault, id, subject) ?? '',
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return settled === 1;
  }

  /** See {@link Ledger.putOff}. */
  async putOff({ id, lease }: Pick<Claim, 'id' | 'lease'>, postponement: Postponement): Promise<boolean> {
    const { now, dueAt, progress, note, events, announce, endsApproval, waitsFor } = postponement;
    const putOff = await this.#storage.script('put-off', [
      ...[id, lease, this.#origin, now, dueAt, note ?? ''],
      ...[...progressArguments(progress), announce ?? '', endsApproval ? 1 : 0, waitsFor ?? ''],
      ...events.map((event) => JSON.stringify(event)),
    ]);
    return putOff === 1;
  }

  /** See {@link Ledger.renew}. */
  async renew(claims: readonly Pick<Claim, 'id' | 'lease'>[], until: number): Promise<number> {
    return this.#storage.script('renew', [until, ...claims.flatMap(({ id, lease }) => [id, lease])]);
  }

  /** See {@link Ledger.release}. */
  async release({ id, lease }: Pick<Claim, 'id' | 'lease'>, now: number): Promise<boolean> {
    return (await this.#storage.script('release', [id, lease, this.#origin, now])) === 1;
  }
}
