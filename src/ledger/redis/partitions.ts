/** The partitions of one ledger: how many there are, and which of them are there. */
import { setTimeout as delay } from 'node:timers/promises';
import { LedgerError } from '../ledger.ts';
import type { RedisConnection } from './connection.ts';
import { partitionKeys } from './keys.ts';
import type { LaneLook } from './lane-look.ts';
import type { RedisLedger } from './ledger.ts';

/** In the slot of the ledger that is not spread. */
const NUMBER_KEY = '{quash}:partitions';
/** There once all partitions have been: until then several replicas that start at once make them. */
const WHOLE_KEY = '{quash}:whole';
/** A partition that is away is asked so often whether it is back. */
const ASK_AGAIN_MS = 1_000;

/** `begun`: by another start, which may be under way; or by an earlier version, which does not tell. */
type LedgerBefore = 'none' | 'begun' | 'whole';

/** @returns undefined when there is no ledger */
export async function knownPartitions(connection: RedisConnection): Promise<number | undefined> {
  const [plain] = partitionKeys(1);
  return connection.run(async (client) => {
    const number = await client.get(NUMBER_KEY);
    if (number !== null) return Number(number);
    // Earlier versions wrote no number, and had one partition.
    return plain && (await client.exists(plain.ofScripts[0])) === 1 ? 1 : undefined;
  });
}

/**
 * A ledger has as many partitions for ever as it was made with.
 * @returns whether all of it has been there
 * @throws {LedgerError} `unavailable`
 */
export async function claimPartitions(
  connection: RedisConnection,
  partitions: number,
): Promise<LedgerBefore> {
  const wasWhole = (await connection.run((client) => client.exists(WHOLE_KEY))) === 1;
  let known = await knownPartitions(connection);
  const isNew = known === undefined;
  if (isNew) {
    await connection.run((client) => client.setnx(NUMBER_KEY, partitions));
    known = await knownPartitions(connection);
  }
  if (known === partitions) return isNew ? 'none' : wasWhole ? 'whole' : 'begun';
  throw new LedgerError(
    'unavailable',
    `ledger.partitions is ${partitions}, and the Redis ledger was made with ${known}, which stays so. Set it to ${known}, or move the entries to a new ledger with quash ledger copy.`,
  );
}

/** All partitions have been opened. @throws {LedgerError} `unavailable` */
export async function noteWhole(connection: RedisConnection): Promise<void> {
  await connection.run((client) => client.set(WHOLE_KEY, 1));
}

/** One partition, which may be away while the others work. */
export class Partition {
  readonly ledger: RedisLedger;
  /** What was last seen of its lanes, by provider. */
  readonly seen = new Map<string, LaneLook>();
  /** Of its shares: how many entries were queued when that was last asked; the total under an empty text. */
  readonly queued = new Map<string, number>();
  readonly #onBack: () => void;
  readonly #closing = new AbortController();
  #fault: LedgerError | undefined;

  /** @param onBack called when it is there again */
  constructor(ledger: RedisLedger, onBack: () => void) {
    this.ledger = ledger;
    this.#onBack = onBack;
  }

  /** Why it is away. */
  get fault(): LedgerError | undefined {
    return this.#fault;
  }

  get isAway(): boolean {
    return this.#fault !== undefined;
  }

  /**
   * For work that goes on without it. It is not even asked while it is known to be away: each question would wait.
   * @returns undefined when it is away
   */
  async ask<Result>(question: (ledger: RedisLedger) => Promise<Result>): Promise<Result | undefined> {
    if (this.isAway) return undefined;
    try {
      return await question(this.ledger);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'unavailable') throw error;
      if (!this.isAway) void this.#awaitReturn(error);
      return undefined;
    }
  }

  async #awaitReturn(fault: LedgerError): Promise<void> {
    this.#fault = fault;
    const { signal } = this.#closing;
    while (this.isAway && !signal.aborted) {
      try {
        await delay(ASK_AGAIN_MS, undefined, { signal, ref: false });
        await this.ledger.ping();
        this.#fault = undefined;
        this.#onBack();
      } catch (error) {
        // Not yet, or the ledger is closed.
        if (error instanceof LedgerError) this.#fault = error;
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.ledger.close();
  }
}
