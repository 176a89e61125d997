/** The short form of `npm run test:leaks`. */
import { it } from 'vitest';
import { sqliteToHunt } from './ledgers-to-hunt.ts';
import { huntShortly, NOTHING_LEAKS } from './short.ts';

it(`on SQLite ${NOTHING_LEAKS}`, () => huntShortly(async (cwd) => sqliteToHunt(cwd)));
