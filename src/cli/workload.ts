/** What the platform gives to this process. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemCode } from '../config/faults.ts';
import { Failure } from '../provider/failure.ts';
import type { Workload } from '../provider/workload.ts';
import { Secret } from '../words/secret.ts';
import type { Io } from './io.ts';

export function createWorkload(
  { cwd, env = {} }: Pick<Io, 'cwd'> & Partial<Pick<Io, 'env'>>,
  metadata: Workload['metadata'],
): Workload {
  return {
    variable: (name) => env[name] || undefined,
    async file(path) {
      try {
        return new Secret((await readFile(resolve(cwd, path), 'utf8')).trim());
      } catch (error) {
        throw new Failure('misconfigured', { target: path, cause: systemCode(error) });
      }
    },
    metadata,
  };
}
