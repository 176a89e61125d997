/** That Valkey does what Redis does, as shortly as it can be shown; the whole contract is tried in `valkey.peers.ts`. */
import { describe, it } from 'vitest';
import { itGoesOnAfter, MASTER_DIES } from '../contract/redis-cluster-suite.ts';
import { followTheModel, redis } from '../fuzz/ledger/follow-the-model.ts';
import { FUZZ_PATIENCE_MS } from '../fuzz/runs.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { describeDurability } from './redis-suite.ts';

/** With fewer, the seed of the short form leaves an operation out. */
const CASES = 8;

const valkey = peer('valkey');

describeDurability('Valkey', valkey);

describe.skipIf(valkey.missing)(suiteName('Valkey', valkey), () => {
  it(
    'follows the model of a ledger, as Redis does',
    async () => followTheModel([await redis({ file: pathOf(valkey) })], CASES),
    FUZZ_PATIENCE_MS,
  );
});

describe.skipIf(valkey.missing)(suiteName('Valkey, three masters and a replica', valkey), () => {
  itGoesOnAfter([MASTER_DIES], () => pathOf(valkey));
});
