/** Whether a comparison does as much however much of a token was right; how long it takes, `npm run bench` measures. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { expect, it, onTestFinished } from 'vitest';
import { sameText } from '../../src/admin/dashboard/session.ts';
import { authenticatorOf } from '../support/callers.ts';

const TOKEN = 'a'.repeat(4_096);
const WRONG_AT_FIRST = `b${TOKEN.slice(1)}`;
const WRONG_AT_LAST = `${TOKEN.slice(0, -1)}b`;

/** @returns the bytes on both sides of each comparison in constant time */
function comparedBy(work: () => unknown): readonly (readonly [number, number])[] {
  const { timingSafeEqual } = crypto;
  const compared: [number, number][] = [];
  const restore = () => {
    crypto.timingSafeEqual = timingSafeEqual;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  crypto.timingSafeEqual = (one, other) => {
    compared.push([one.byteLength, other.byteLength]);
    return timingSafeEqual(one, other);
  };
  syncBuiltinESMExports();
  work();
  restore();
  return compared;
}

const { authenticate } = authenticatorOf('gitlab', TOKEN, 'x'.repeat(4_096));
/** Each of the two tokens, with and without a scheme before what was given. */
const ALL_DIGESTS = Array.from({ length: 4 }, () => [32, 32]);

it.each([
  ['a pre-shared token', authenticate, ALL_DIGESTS],
  ['a pre-shared token after Bearer', (given: string) => authenticate(`Bearer ${given}`), ALL_DIGESTS],
  ['a form of the dashboard', (given: string) => sameText(given, TOKEN), [[4_096, 4_096]]],
])(
  'comparing %s looks at all of it, wherever it is wrong and also when it is right',
  (_name, compare, all) => {
    expect(compare(WRONG_AT_FIRST)).toBeFalsy();
    expect(compare(WRONG_AT_LAST)).toBeFalsy();
    expect(compare(TOKEN)).toBeTruthy();
    for (const given of [WRONG_AT_FIRST, WRONG_AT_LAST, TOKEN]) {
      expect(comparedBy(() => compare(given))).toEqual(all);
    }
  },
);
