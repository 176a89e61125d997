import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { prepare } from '../../src/cli/first-run.ts';
import { createProviders, loadSetup } from '../../src/cli/setup.ts';
import { startService } from '../../src/service.ts';
import type { AtEnd } from './temporary-folder.ts';

const GRACE_MS = 5_000;

/**
 * The whole service with its real providers on free ports, in the process of the test, which costs a tenth of a
 * process of its own: for tests of what it answers, and not of how it starts, logs and ends. Ends with the running
 * test.
 */
export async function startQuashHere(
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
  atEnd: AtEnd = onTestFinished,
): Promise<{ readonly apiUrl: string; readonly adminUrl: string }> {
  const { cwd } = options;
  const silent = { write: () => true };
  const env = {
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    // That of the configuration is below the folder of the process.
    QUASH_LEDGER__URL: `sqlite:${join(cwd, 'data/quash.db')}`,
    ...options.env,
  };
  const stdin = (async function* () {})();
  const io = { stdout: silent, stderr: silent, stdin, env, cwd, definitions: async () => definitions };
  const setup = await loadSetup(io, undefined);
  const providers = createProviders(setup, { cwd });
  const { config, keys } = await prepare(setup.config, cwd, () => {});
  const service = await startService({ config, providers, keys, role: 'all', observe: () => {} });
  atEnd(() => service.stop(GRACE_MS));
  const { apiUrl = '', adminUrl } = service;
  return { apiUrl, adminUrl };
}
