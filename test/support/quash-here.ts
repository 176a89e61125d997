import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { definitions as all } from '../../providers/index.ts';
import { prepare } from '../../src/cli/first-run.ts';
import { providerLog, upstreamLog } from '../../src/cli/provider-events.ts';
import { createProviders, loadSetup } from '../../src/cli/setup.ts';
import { createLog, logEvents } from '../../src/observe/log.ts';
import { Scrubber } from '../../src/observe/scrub.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { type Role, startService } from '../../src/service.ts';
import { type Clock, systemClock } from '../../src/words/clock.ts';
import { LogLines } from './log-lines.ts';
import type { QuashProcess } from './quash-process.ts';
import type { AtEnd } from './temporary-folder.ts';

const GRACE_MS = 5_000;

export interface QuashHere extends Pick<QuashProcess, 'apiUrl' | 'adminUrl' | 'log' | 'logged' | 'output'> {
  /** As at SIGTERM. */
  stop(): Promise<void>;
}

export interface HereOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly role?: Role;
  readonly clock?: Clock;
  /** Of its providers; all that there are by default. */
  readonly definitions?: readonly ProviderDefinition[];
}

/**
 * The whole service with its real providers on free ports, in the process of the test, which costs a tenth of a
 * process of its own: for tests of what it does and logs, and not of how it starts and ends. Ends with the running
 * test.
 */
export async function startQuashHere(
  { cwd, env: settings, role = 'all', clock = systemClock, definitions = all }: HereOptions,
  atEnd: AtEnd = onTestFinished,
): Promise<QuashHere> {
  const silent = { write: () => true };
  const env = {
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    // That of the configuration is below the folder of the process.
    QUASH_LEDGER__URL: `sqlite:${join(cwd, 'data/quash.db')}`,
    ...settings,
  };
  const stdin = (async function* () {})();
  const io = { stdout: silent, stderr: silent, stdin, env, cwd, definitions: async () => definitions };
  const setup = await loadSetup(io, undefined);
  const lines = new LogLines();
  const scrubber = new Scrubber();
  scrubber.keep(setup.config);
  const destination = { write: (line: string) => lines.addLine(line.trimEnd()) };
  const { level } = setup.config.log;
  const observe = logEvents(createLog({ level, destination, scrub: scrubber.scrub }));
  const log = { log: providerLog(observe), onRequest: upstreamLog(observe) };
  const providers = createProviders(setup, { cwd, clock, ...log });
  const { config, keys } = await prepare(setup.config, cwd, (message) =>
    observe({ type: 'ledger-warning', message }),
  );
  scrubber.keep(config);
  const service = await startService({
    ...{ config, providers, keys, role, observe, clock },
    watch: scrubber.watch,
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= service.stop(GRACE_MS).then(() => lines.end());
    return stopped;
  };
  atEnd(stop);
  const { apiUrl = '', adminUrl } = service;
  return {
    ...{ apiUrl, adminUrl, stop },
    output: () => lines.output,
    log: () => lines.log,
    logged: (event, fits) => lines.logged(event, fits),
  };
}
