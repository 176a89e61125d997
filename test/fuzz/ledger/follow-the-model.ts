/** What shows that ledgers, under any sequence of operations and whatever the clock does, are what the model is. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished } from 'vitest';
import { openRedisLedger } from '../../../src/ledger/redis/open.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { type RedisServerOptions, sendRedis, startRedis } from '../../support/redis-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TEST_VAULT } from '../../support/test-keys.ts';
import { fuzz } from '../runs.ts';
import {
  CHANNELS,
  confirmAnnouncements,
  nameChannels,
  putOffAnnouncements,
  setChannels,
  takeAnnouncements,
} from './announcement-commands.ts';
import { claim } from './claim-command.ts';
import {
  accept,
  acceptMany,
  dismiss,
  endWaits,
  purge,
  putOff,
  release,
  renew,
  repeat,
  requeue,
  review,
  settle,
} from './entry-commands.ts';
import { laneHealthy, parkLane, pauseLane, resumeLane, setMode } from './lane-commands.ts';
import {
  type Command,
  closeLockstep,
  command,
  inLockstep,
  MAX_ANNOUNCEMENTS,
  openLockstep,
  reopen,
  type Storage,
} from './lockstep.ts';
import { HOUR_MS } from './model-clock.ts';
import { expectAllSame, list, lookAtAll, turnPage } from './reading-commands.ts';

const SETTINGS = { vault: TEST_VAULT, maxAnnouncements: MAX_ANNOUNCEMENTS };
const MOST_COMMANDS = 100;

const wait = command(
  'wait',
  fc.constantFrom(1, 1_000, 60_000, 10 * 60_000, HOUR_MS, 26 * HOUR_MS),
  async ({ model }, ms) => {
    model.clock.pass(ms);
  },
);

const setBack = command(
  'setBack',
  fc.constantFrom(1, 60_000, HOUR_MS, 26 * HOUR_MS),
  async ({ model }, ms) => {
    model.clock.pass(-ms);
  },
);

const restart = command('restart', fc.constant(null), async (side) => {
  await reopen(side);
});

/** How likely each is. */
const COMMANDS: readonly (readonly [weight: number, command: fc.Arbitrary<Command>])[] = [
  [5, accept],
  [1, acceptMany],
  [3, repeat],
  [8, claim],
  [8, settle],
  [2, putOff],
  [1, endWaits],
  [2, release],
  [2, renew],
  [2, requeue],
  [1, dismiss],
  [1, review],
  [2, purge],
  [1, pauseLane],
  [1, laneHealthy],
  [1, parkLane],
  [4, resumeLane],
  [1, setMode],
  [1, setChannels],
  [3, takeAnnouncements],
  [3, confirmAnnouncements],
  [1, putOffAnnouncements],
  [4, wait],
  [1, setBack],
  [1, restart],
  [3, list],
  [2, turnPage],
  [1, lookAtAll],
];

const given = fc.record({
  ticks: fc.boolean(),
  // Mostly one or both, so that there is something to tell.
  channels: fc.oneof({ weight: 3, arbitrary: fc.subarray(CHANNELS, { minLength: 1 }) }, fc.constant([])),
  // Without bias, as most of what goes wrong needs a past.
  commands: fc.noBias(
    fc.commands(
      COMMANDS.flatMap(([weight, command]) => Array.from({ length: weight }, () => command)),
      { maxCommands: MOST_COMMANDS, size: 'max' },
    ),
  ),
});

export function sqlite(): Storage {
  const folder = join(temporaryFolder(), 'data');
  return {
    name: 'SQLite',
    open: async () => openSqliteLedger({ ...SETTINGS, path: join(folder, 'quash.db') }),
    clear: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function redis(options: RedisServerOptions = {}): Promise<Storage> {
  const server = await startRedis({ aof: false, ...options });
  onTestFinished(() => server.stop());
  return {
    name: 'Redis',
    open: () => openRedisLedger({ ...SETTINGS, url: server.url }),
    clear: async () => {
      await sendRedis(server, 'FLUSHALL');
    },
  };
}

/** @param short how many cases `npm test` has */
export async function followTheModel(storages: readonly Storage[], short: number): Promise<void> {
  let alike = 0;
  const amount = {
    name: `operations on ${storages.map(({ name }) => name).join(' and ')}`,
    short,
    share: 0.02,
  };
  await fuzz(amount, given, async ({ ticks, channels, commands }) => {
    const lockstep = await openLockstep(storages, ticks);
    try {
      await inLockstep(lockstep, (side) => nameChannels(side, channels));
      await fc.asyncModelRun(() => ({ model: {}, real: lockstep }), commands);
      await inLockstep(lockstep, expectAllSame);
    } finally {
      await closeLockstep(lockstep);
    }
    if (lockstep.alike) alike += 1;
  });
  // Otherwise they were hardly compared with each other.
  expect(alike).toBeGreaterThan(0);
}
