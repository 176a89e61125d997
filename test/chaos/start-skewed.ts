import { bundled } from '../support/bundled.ts';
import { type QuashProcess, type StartOptions, startQuash } from '../support/quash-process.ts';

/** Starts a service that goes by the clock in this file. @param wrapper a command that runs the one behind it */
export async function startSkewedQuash(
  clockPath: string,
  { cwd, env, args = [], keeps }: StartOptions,
  wrapper: readonly string[] = [],
): Promise<QuashProcess> {
  const { file: skewedQuash, env: fast } = await bundled('skewed-quash');
  const [file = process.execPath, ...others] = [...wrapper, process.execPath, skewedQuash, ...args];
  return startQuash({
    cwd,
    command: [file, ...others],
    env: { CHAOS_CLOCK: clockPath, ...fast, ...env },
    ...(keeps && { keeps }),
  });
}
