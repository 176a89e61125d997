import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonExcess } from '../../src/http/json-scan.ts';

const LIMITS = { depth: 3, elements: 4, values: 30 };
const excessOf = (text: string) => jsonExcess(new TextEncoder().encode(text), LIMITS);

describe('what a body will cost', () => {
  it.each([
    ['[1,2,3,4]', undefined],
    ['[1,2,3,4,5]', 'elements'],
    ['[[[1]]]', undefined],
    ['[[[[', 'depth'],
    ['[{"a":{"b":[]}}]', 'depth'],
    [`[[${'1,'.repeat(40)}1]]`, 'values'],
    [`[{${Array.from({ length: 20 }, (_, n) => `"k${n}":1`).join()}}]`, 'values'],
    ['["[[[[[[,,,,,,,,"]', undefined],
    ['["\\"[[[[[[", "\\\\", "]]]"]', undefined],
    ['["unended [[[[', undefined],
    ['', undefined],
  ])('of %s: %s', (text, excess) => {
    expect(excessOf(text)).toBe(excess);
  });

  it('is never more than what the parser finds', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const limits = {
          depth: depthOf(JSON.parse(text)),
          elements: Number.MAX_VALUE,
          values: Number.MAX_VALUE,
        };
        expect(jsonExcess(new TextEncoder().encode(text), limits)).toBeUndefined();
        if (limits.depth > 0) {
          const less = { ...limits, depth: limits.depth - 1 };
          expect(jsonExcess(new TextEncoder().encode(text), less)).toBe('depth');
        }
      }),
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
