/** The short form of `npm run test:soak`: a few tokens in as many rounds as the comparison needs, however long they take. */
import { describe, expect, it } from 'vitest';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { redisAvailable } from '../support/redis-server.ts';
import { shortSeed } from '../support/seed.ts';
import { compare } from './growth.ts';
import { type OpenLedgerToSoak, soakedRedis, soakedSqlite } from './ledgers.ts';
import { soak } from './soak.ts';

const SHORT = { rounds: 6, warmUp: 1, tokensPerRound: 5, disturbances: 1 };

const LEDGERS: readonly (readonly [name: string, open: OpenLedgerToSoak, missing: boolean])[] = [
  ['SQLite', soakedSqlite, false],
  ['Redis (needs redis-server)', soakedRedis(1), !redisAvailable()],
];

async function grownAfterSoak(open: OpenLedgerToSoak, plants: boolean): Promise<readonly string[]> {
  // What is planted grows from the first round on.
  const warmUp = plants ? 0 : SHORT.warmUp;
  const { compared } = await soak(open, { ...SHORT, warmUp, seed: shortSeed('QUASH_SOAK_SEED'), plants });
  return compared.filter(({ grew }) => grew).map(({ name, from, to }) => `${name}: ${from}, ${to}`);
}

describe.concurrent('a service at work while much goes wrong', () => {
  for (const [name, open, missing] of LEDGERS) {
    it.skipIf(missing)(
      `keeps nothing of what is over, on ${name}`,
      async () => {
        expect(await grownAfterSoak(open, false)).toEqual([]);
      },
      LONG_TEST_PATIENCE_MS,
    );
  }

  it(
    'is seen to grow',
    async () => {
      const grown = (await grownAfterSoak(soakedSqlite, true)).join('\n');
      expect(grown).toMatch(/^heap: /m);
      expect(grown).toMatch(/^rows beyond: /m);
      expect(grown).toMatch(/^files: /m);
    },
    LONG_TEST_PATIENCE_MS,
  );

  it.skipIf(!redisAvailable())('has its keys counted by their kind (needs redis-server)', async () => {
    await using cleanup = new AsyncDisposableStack();
    const { figures, plant } = await soakedRedis(1)(cleanup);
    await plant('', 1);
    await plant('', 2);
    expect(await figures('')).toMatchObject({ 'keys planted': 2, 'in keys planted': 2 });
  });
});

describe('the comparison of samples', () => {
  const grew = (name: string, values: readonly number[]) =>
    compare(values.map((value) => ({ [name]: value }))).map((compared) => compared.grew);

  it('sees a row in each round, and none where one came and went', () => {
    expect(grew('rows entry', [0, 1, 2, 3, 4, 5])).toEqual([true]);
    expect(grew('rows entry', [0, 0, 9, 0, 0, 1])).toEqual([false]);
  });

  it('sees memory grow by more than chance', () => {
    expect(grew('heap', [40e6, 41e6, 40e6, 45e6, 47e6, 46e6])).toEqual([true]);
    expect(grew('heap', [40e6, 41e6, 40e6, 41e6, 42e6, 41e6])).toEqual([false]);
  });

  it('sees what was not there at first', () => {
    expect(compare([{}, {}, {}, {}, { 'keys x': 9 }, { 'keys x': 9 }])).toMatchObject([{ grew: true }]);
  });
});
