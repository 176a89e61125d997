/** A dispatcher of one fake provider on a ledger of its own, by a clock that the test moves. */
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { Vault } from '../../src/vault/seal.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeProvider, fakeProvider } from './fake-provider.ts';
import { sqliteFile } from './sqlite-file.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TEST_VAULT } from './test-keys.ts';

export interface DispatchWorld {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly clock: FakeClock;
  readonly dispatcher: Dispatcher;
  readonly fake: FakeProvider;
  end(): Promise<void>;
}

/** To be ended after the test. The dispatcher is not started yet. */
export function dispatchWorld(): DispatchWorld {
  const vault = TEST_VAULT;
  const ledger = openSqliteLedger({ path: sqliteFile(temporaryFolder()), vault });
  const clock = new FakeClock();
  const dispatcher = new Dispatcher({
    ...{ ledger, vault, clock, observe: () => {}, pace: createPace(), random: () => 0.5 },
  });
  return {
    ...{ ledger, vault, clock, dispatcher, fake: fakeProvider() },
    async end() {
      await dispatcher.stop(0);
      await ledger.close();
    },
  };
}
