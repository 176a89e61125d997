import { COPY_HAS_NOT_ENDED, wasHandedOver } from '../copy.ts';
import type { Entry, ListOptions, ListPage } from '../entry.ts';
import { LedgerError } from '../ledger.ts';
import { otherVersion, VERSION } from '../other-version.ts';
import { outcomeNames } from '../outcome-names.ts';
import { inLayout, LAYOUT, LAYOUT_HANDED_OVER, LAYOUT_OF_COPY } from './layout.ts';
import { placeArguments } from './places.ts';
import type { RedisStorage } from './storage.ts';

/** Written with locations in clear; and while these are being sealed, which nothing else may open. */
const UNSEALED_LAYOUTS = ['2', '2-3'] as const;
/** Entries are listed neither by project nor by outcome; or are being entered there. */
const UNINDEXED_LAYOUTS = ['3', '3-4'] as const;
/** Other versions do not see that it has changed, see begin-migration.lua. */
const UNFENCED_LAYOUT = '4';

const ENTRIES_PER_SCRIPT = 200;

/** Opens what this version has written, and brings into its layout what an earlier one has. */
export class RedisMigrations {
  readonly #storage: RedisStorage;
  readonly #list: (options: ListOptions) => Promise<ListPage>;

  constructor(storage: RedisStorage, list: (options: ListOptions) => Promise<ListPage>) {
    this.#storage = storage;
    this.#list = list;
  }

  /** @returns whether there was none. @throws {LedgerError} `unavailable`, `wrong-keys` */
  async open(): Promise<boolean> {
    const keyCheck = this.#storage.vault.keyCheck();
    const ownId = crypto.randomUUID();
    const [knownCheck, layout, writer, handedOver, id, isNew] = await this.#storage.script('open', [
      ...[keyCheck, LAYOUT, VERSION, ownId],
    ]);
    if (knownCheck !== keyCheck) {
      throw new LedgerError('wrong-keys', 'The Redis ledger was written with another key file.');
    }
    if (UNSEALED_LAYOUTS.some((unsealed) => unsealed === layout)) await this.#sealPlaces();
    else if (layout === LAYOUT_OF_COPY) throw new LedgerError('unavailable', COPY_HAS_NOT_ENDED);
    else if (layout === LAYOUT_HANDED_OVER) throw wasHandedOver(JSON.parse(handedOver ?? '{}'));
    else if (UNINDEXED_LAYOUTS.some((unindexed) => unindexed === layout)) await this.#indexEntries();
    else if (layout === UNFENCED_LAYOUT) await this.#fence();
    else if (layout !== LAYOUT) throw otherVersion('Redis', writer ?? undefined);
    // A server that stops must not come back without it: the ledger would be taken for another one. In the log of a new one it
    // stands before everything else.
    if (id === ownId && isNew === 0) await this.#storage.written();
    // Nor may a replica take over that has not heard of it, or of another layout: all of Quash would stop until restarted.
    if (id === ownId || layout !== LAYOUT) await this.#storage.replicated();
    this.#storage.goOnWith(id ?? '');
    return isNew === 1;
  }

  /** From layout 2 to 5; several replicas may do it at once, and any of them may be killed. */
  async #sealPlaces(): Promise<void> {
    if ((await this.#storage.script('begin-migration', [UNSEALED_LAYOUTS[1]])) === 0) return;
    await this.#migrate((entries) => this.#sealPlacesOf(entries.map(({ id }) => id)));
    await this.#indexEntries();
  }

  /** From layout 3 to 5, in the same way. */
  async #indexEntries(): Promise<void> {
    if ((await this.#storage.script('begin-migration', [UNINDEXED_LAYOUTS[1]])) === 0) return;
    await this.#migrate(async (entries) => {
      const named = entries.flatMap(({ id, outcome }) => [id, outcome ? outcomeNames(outcome) : '']);
      if (named.length > 0) await this.#storage.script('index-entries', named);
    });
    await this.#fence();
  }

  /** From layout 4 to 5; the last step of each migration. */
  async #fence(): Promise<void> {
    await this.#storage.script('begin-migration', [UNFENCED_LAYOUT]);
    const [meta] = this.#storage.keys.ofScripts;
    await this.#storage.connection.run((client) => client.hset(meta, inLayout(LAYOUT)));
    await this.#storage.written();
  }

  async #migrate(migrate: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.#list({ limit: ENTRIES_PER_SCRIPT, ...(cursor !== undefined && { cursor }) });
      await migrate(page.entries);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #sealPlacesOf(ids: readonly string[]): Promise<void> {
    const found = await this.#storage.script('old-places', ids);
    const sealed = ids.flatMap((id, index) => {
      const places = (found[index] ?? []).map((location) =>
        placeArguments(this.#storage.vault, id, location),
      );
      if (places.length === 0) return [];
      const keys = places.map(([key]) => `${key} `).join('');
      return [id, keys, places.length, ...places.map(([, place]) => place)];
    });
    if (sealed.length > 0) await this.#storage.script('seal-places', sealed);
  }
}
