import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cannotBe, mayBe } from '../../src/provider/kit/redacted.ts';

const KEY = `sk_${'a1b2c3d4'.repeat(4)}wxyz`;

describe('a key that the vendor shows shortened', () => {
  it.each([
    ['sk_a1b2...wxyz', true],
    ['sk_a1b2…wxyz', true],
    ['sk_************wxyz', true],
    ['...wxyz', true],
    ['sk_a1b2...', true],
    ['sk_a1b2...wxyy', false],
    ['sk_a1b3...wxyz', false],
    ['...xyz', false],
    ['sk_...', false],
    ['sk_a1b2wxyz', false],
    ['sk_a1b2...c3...wxyz', false],
    [`${KEY}...`, true],
    [`${KEY}a...`, false],
    ['', false],
  ])('as %s may be the token: %s', (shown, expected) => {
    expect(mayBe(KEY, shown, { fixedHead: 'sk_' })).toBe(expected);
  });

  it.each([
    ['sk_a1b2...wxyy', true],
    ['sk_x...', true],
    ['...y', true],
    ['sk_a1b2...wxyz', false],
    ['sk_...', false],
    ['...', false],
    ['sk_x...c3...wxyz', false],
    ['sk_x', false],
    ['', false],
  ])('as %s cannot be the token: %s', (shown, expected) => {
    expect(cannotBe(KEY, shown)).toBe(expected);
  });

  it('fits its own key wherever it is cut, if four characters beyond the fixed head are seen', () => {
    const cut = fc.record({ head: fc.integer({ min: 0, max: 20 }), tail: fc.integer({ min: 0, max: 10 }) });
    fc.assert(
      fc.property(cut, fc.constantFrom('...', '…', '***', '••••'), ({ head, tail }, mask) => {
        const shown = KEY.slice(0, head) + mask + KEY.slice(KEY.length - tail);
        expect(mayBe(KEY, shown, { fixedHead: 'sk_' })).toBe(Math.max(head - 3, 0) + tail >= 4);
      }),
    );
  });

  it('never fits another key that differs in what is seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 9 }), (at) => {
        const other = KEY.slice(0, at) + (KEY[at] === '0' ? '1' : '0') + KEY.slice(at + 1);
        expect(mayBe(other, `${KEY.slice(0, 10)}...wxyz`, { fixedHead: 'sk_' })).toBe(false);
      }),
    );
  });
});
