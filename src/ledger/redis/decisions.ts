import type { PersonsDecision, Reopening } from '../entry.ts';
import { outcomeNames } from '../outcome-names.ts';
import { ACT } from './replies.ts';
import type { RedisStorage } from './storage.ts';
import type { WorkChannel } from './work-channel.ts';

/** What is decided about entries from outside of the work on them. */
export class RedisDecisions {
  readonly #storage: RedisStorage;
  readonly #work: WorkChannel;

  constructor(storage: RedisStorage, work: WorkChannel) {
    this.#storage = storage;
    this.#work = work;
  }

  /** See {@link Ledger.requeue}. */
  async requeue(
    id: string,
    { now, approve, event, asOf }: PersonsDecision & { readonly approve: boolean },
  ): Promise<boolean> {
    const { by = '' } = event;
    for (;;) {
      const act = Number(
        await this.#storage.connection.run((client) => client.hget(this.#storage.keys.entry(id), ACT)),
      );
      const signed = [false, true].map((unproven) =>
        this.#storage.vault.signApproval(id, { unproven, act, by }),
      );
      const provider = await this.#storage.script('requeue', [
        ...[id, this.#work.origin, now, approve ? 1 : 0, JSON.stringify(event), act],
        ...[...signed, asOf ?? ''],
      ]);
      if (provider === null) return false;
      if (provider === '') continue;
      this.#work.tell(provider);
      await this.#storage.written();
      return true;
    }
  }

  /** See {@link Ledger.reopen}. */
  async reopen(id: string, { now, from, outcome, event }: Reopening): Promise<boolean> {
    const reopened = await this.#storage.script('reopen', [
      ...[id, now, from, JSON.stringify(outcome), outcomeNames(outcome), JSON.stringify(event)],
    ]);
    return reopened === 1;
  }

  /** See {@link Ledger.dismiss}. */
  async dismiss(id: string, { now, event, asOf }: PersonsDecision): Promise<boolean> {
    const dismissed = await this.#storage.script('dismiss', [
      ...[id, this.#work.origin, now, JSON.stringify(event), asOf ?? ''],
    ]);
    if (dismissed === 1) await this.#storage.written();
    return dismissed === 1;
  }
}
