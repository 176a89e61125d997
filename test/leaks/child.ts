/**
 * The command itself, in a world where minutes pass a thousand times faster, but for the providers' own clock, which is
 * that of their contract cases; and with a provider that makes the mistakes that none may make.
 */
import { z } from 'zod';
import { definitions } from '../../providers/index.ts';
import { runProcess } from '../../src/cli/main.ts';
import { systemClock } from '../../src/words/clock.ts';
import { withCaseClock } from '../support/case-clock.ts';
import { exampleDefinition } from '../support/example-definition.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const HASTE = Number(process.env.LEAKS_HASTE ?? 1);
const MINUTE_MS = 60_000;

const start = Date.now();
const { sleep } = systemClock;
Object.assign(systemClock, {
  now: () => start + (Date.now() - start) * HASTE,
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms / HASTE, signal),
});
// What forgets after some minutes does so by itself.
const { setTimeout: setRealTimeout } = globalThis;
Object.assign(globalThis, {
  setTimeout: (work: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) =>
    setRealTimeout(() => work(...rest), ms > MINUTE_MS ? ms / HASTE : ms),
});

const clumsy = exampleDefinition('clumsy', z.strictObject({}), {
  types: ['clumsy_throws', 'clumsy_crashes'],
  create: () => ({
    kinds: [
      {
        id: 'throws',
        types: ['clumsy_throws'],
        pattern: /clumsy_[A-Za-z0-9]{24}/,
        effect: 'token',
        ...TRUSTED,
      },
      {
        id: 'crashes',
        types: ['clumsy_crashes'],
        pattern: /clumsy_[A-Za-z0-9]{24}/,
        effect: 'token',
        ...TRUSTED,
      },
    ],
    async revoke(token, { kind }) {
      const text = token.reveal();
      const error = Object.assign(new TypeError(`Cannot use ${text}\n    at ${text}`), { token: text });
      if (kind === 'throws') throw error;
      setImmediate(() => {
        throw error;
      });
      return { outcome: 'accepted' };
    },
  }),
});

await runProcess(async () => [...definitions.map(withCaseClock), clumsy]);
