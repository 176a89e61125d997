import { resolve } from 'node:path';
import { CODE_CACHE, type QuashProcess, type StartOptions, startQuash } from '../support/quash-process.ts';

const SKEWED_QUASH = resolve(import.meta.dirname, 'skewed-quash.ts');

/** Starts a service that goes by the clock in this file. @param wrapper a command that runs the one behind it */
export function startSkewedQuash(
  clockPath: string,
  { cwd, env, args = [], keeps }: StartOptions,
  wrapper: readonly string[] = [],
): Promise<QuashProcess> {
  const [file = process.execPath, ...others] = [...wrapper, process.execPath, SKEWED_QUASH, ...args];
  return startQuash({
    cwd,
    command: [file, ...others],
    env: { CHAOS_CLOCK: clockPath, NODE_COMPILE_CACHE: CODE_CACHE, ...env },
    ...(keeps && { keeps }),
  });
}
