/** `quash serve` with the clock of the file in `CHAOS_CLOCK` in place of the system's, and the providers of the test. */
import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { gitlab } from '../../providers/gitlab/index.ts';
import { prepare } from '../../src/cli/first-run.ts';
import { providerLog } from '../../src/cli/provider-events.ts';
import { createProviders, loadSetup } from '../../src/cli/setup.ts';
import { startTelemetry } from '../../src/cli/telemetry.ts';
import { startService } from '../../src/service.ts';
import { readChaosClock } from './chaos-clock.ts';

const GRACE_MS = 5_000;

const { role } = parseArgs({ options: { role: { type: 'string', default: 'all' } } }).values;
if (role !== 'all' && role !== 'api' && role !== 'worker') throw new Error('There is no such role.');
const { stdout, stderr, stdin, env } = process;
const cwd = process.cwd();
const io = { stdout, stderr, stdin, env, cwd, definitions: async () => [gitlab] };
const clock = readChaosClock(env.CHAOS_CLOCK ?? '');
const setup = await loadSetup(io, undefined);
const { observe, metrics, scrubber } = await startTelemetry(io, setup.config);
const providers = createProviders(setup, { cwd, clock, log: providerLog(observe) });
const { config, keys } = await prepare(setup.config, cwd, (message) =>
  observe({ type: 'ledger-warning', message }),
);
const service = await startService({
  ...{ config, providers, keys, role, observe, metrics, clock },
  watch: scrubber.watch,
});
// It would be written at the end, which a process that gets killed never sees; the next start is twice as fast with it.
flushCompileCache();
process.once('SIGTERM', () => service.stop(GRACE_MS));
