import type { Command } from 'commander';
import { reachFault } from '../words/reach-fault.ts';
import { CommandError, type Io } from './io.ts';

const TIMEOUT_MS = 5_000;

/** Not in the help: a container's health check runs this command inside the container. */
export function registerHealth(program: Command, io: Io): void {
  program
    .command('health', { hidden: true })
    .description('tell by the exit code whether the Quash of this configuration is alive')
    .action(async (_options: unknown, command: Command) =>
      health(io, command.optsWithGlobals<{ config?: string }>().config),
    );
}

/**
 * Asks whether the process is alive and not whether it is ready: a restart of the container repairs no ledger.
 * @throws {CommandError}
 */
async function health(io: Io, file: string | undefined): Promise<void> {
  const { Agent, request } = await import('undici');
  const { adminUrl } = await import('./admin-client.ts');
  const { loadSetup } = await import('./setup.ts');
  const { config } = await loadSetup(io, file);
  const url = `${adminUrl(config.admin)}/healthz`;
  // Like other probes: nothing secret is sent, and a certificate that has ended is cured by no restart.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { statusCode } = await request(url, { dispatcher, signal }).catch((error: unknown) => {
    throw new CommandError(`${reachFault(url, error, { isProxied: false }).sentence}.`, { cause: error });
  });
  await dispatcher.destroy();
  if (statusCode !== 200) throw new CommandError(`${url} answered with status ${statusCode}.`);
}
