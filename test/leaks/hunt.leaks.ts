import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { everyRound } from '../support/every-kind.ts';
import { redisAvailable } from '../support/redis-server.ts';
import { huntEveryKind } from './every-kind.ts';
import { linesOf } from './findings.ts';
import { huntGrowth } from './growth.ts';
import { redisToHunt, sqliteToHunt } from './ledgers-to-hunt.ts';
import { Marks } from './marks.ts';
import { expectHunted, huntOneGitlab } from './one-gitlab.ts';
import type { Places } from './places.ts';

const RESULTS = resolve(import.meta.dirname, '../../test-results');

const marks = new Marks(Number(process.env.QUASH_LEAKS_SEED ?? Math.floor(Math.random() * 2 ** 31)));
const results: Record<string, unknown> = {};
const rounds = await everyRound();

const LEDGERS = [
  { name: 'SQLite', isMissing: false, open: async (cwd: string) => sqliteToHunt(cwd) },
  { name: 'Redis', isMissing: !redisAvailable(), open: () => redisToHunt(marks) },
];

/** All secrets so far: those of an earlier part may not be in a later one either. */
function judge(name: string, places: Places, figures: object): void {
  const findings = linesOf(places.find(marks.all));
  results[name] = { places: places.names.length, bytes: places.bytes, ...figures, findings };
  expect(findings).toEqual([]);
}

afterAll(() => {
  const whole = { seed: marks.seed, secrets: marks.all.length, parts: results };
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'leaks.json'), `${JSON.stringify(whole, null, 2)}\n`);
  console.log(JSON.stringify(whole, null, 2));
});

describe('nothing that Quash says or leaves behind holds a secret', () => {
  for (const { name, isMissing, open } of LEDGERS) {
    it.skipIf(isMissing)(`on ${name}, whatever goes wrong`, async () => {
      const hunted = await huntOneGitlab(marks, open, { heap: true });
      const { places, ...figures } = hunted;
      judge(`one GitLab on ${name}`, places, figures);
      expectHunted(hunted);
    });
  }

  for (const [index, round] of rounds.entries()) {
    const { name, open } = LEDGERS.filter(({ isMissing }) => !isMissing)[index % 2] ?? LEDGERS[0] ?? {};
    if (!open) continue;
    it(`of every kind, round ${index + 1} of ${rounds.length} on ${name}, whatever the vendors do`, async () => {
      const { places, inQuery, ...figures } = await huntEveryKind(marks, round, index, open);
      const allowed = round.travelling
        .filter(({ units }) => units.flat().some(({ tokenInUrl }) => tokenInUrl !== undefined))
        .map(({ provider }) => provider);
      judge(`every kind ${index + 1}`, places, { ...figures, inQuery });
      expect(inQuery.filter((provider) => !allowed.includes(provider))).toEqual([]);
    });
  }

  it('the memory holds no more of them when ten times as many were worked on', async () => {
    results.growth = await huntGrowth(marks);
  });
});
