/** Who is told that a lane may have work, in this process and by other replicas. */
import { LedgerError } from '../ledger.ts';
import type { RedisConnection } from './connection.ts';
import { WORK_CHANNEL } from './keys.ts';

export class WorkChannel {
  /** Tells our own messages from those of other replicas. */
  readonly origin = crypto.randomUUID();
  readonly #listeners: ((provider: string) => void)[] = [];

  onWork(listener: (provider: string) => void): void {
    this.#listeners.push(listener);
  }

  tell(provider: string): void {
    for (const listener of this.#listeners) listener(provider);
  }

  /**
   * @param lanes that there are: all are told after the subscription was away, as messages may have been missed
   * @throws {LedgerError} `unavailable`
   */
  async subscribe(connection: RedisConnection, lanes: () => Promise<readonly string[]>): Promise<void> {
    await connection.subscribe(
      WORK_CHANNEL,
      (message) => this.#onMessage(message),
      () => void this.tellAll(lanes),
    );
  }

  async tellAll(lanes: () => Promise<readonly string[]>): Promise<void> {
    try {
      for (const provider of await lanes()) this.tell(provider);
    } catch (error) {
      // The server went away again; the next subscription does it.
      if (!(error instanceof LedgerError)) throw error;
    }
  }

  #onMessage(message: string): void {
    const [origin, provider] = message.split(' ');
    if (provider && origin !== this.origin) this.tell(provider);
  }
}
