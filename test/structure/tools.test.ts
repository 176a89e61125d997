import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const BIN = resolve(import.meta.dirname, '../../node_modules/.bin');

// Two packages bring a command of this name, and npm links the one whose name sorts first.
it('checks types by TypeScript 7, though TypeScript 6 is there for tools that need its API', () => {
  expect(execFileSync(`${BIN}/tsc`, ['--version'], { encoding: 'utf8' })).toMatch(/^Version 7\./);
});
