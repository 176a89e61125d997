import { expect, it } from 'vitest';
import { changesSomething } from '../../src/provider/possession.ts';

it.each([
  ['GET', {}, false],
  ['GET', { changes: true }, true],
  ['POST', {}, true],
  ['POST', { readOnly: true }, false],
] as const)('takes a %s with %j for a call that changes something: %s', (method, marks, expected) => {
  expect(changesSomething({ method, ...marks })).toBe(expected);
});
