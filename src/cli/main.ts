/**
 * The commands. Each is a module below `cli/` that registers itself; it imports what it works with only when it
 * runs, so that help and usage errors come at once.
 */
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { registerBackup } from './backup.ts';
import { registerCheck } from './check.ts';
import { registerCompletion } from './completion.ts';
import { registerDecide } from './decide.ts';
import { registerDemo } from './demo.ts';
import { registerEntries } from './entries.ts';
import { registerFingerprint } from './fingerprint.ts';
import { registerGitlabSettings } from './gitlab-settings.ts';
import { registerHealth } from './health.ts';
import { EXIT, type Io } from './io.ts';
import { registerKeys } from './keys.ts';
import { registerLedger } from './ledger.ts';
import { registerLookups } from './lookups.ts';
import { registerNotices } from './notices.ts';
import { registerProviders } from './providers.ts';
import { registerRevoke } from './revoke.ts';
import { registerServe } from './serve.ts';
import { registerSessions } from './sessions.ts';
import { registerStatus } from './status.ts';
import { registerSubmit } from './submit.ts';
import { registerSweep } from './sweep.ts';
import { registerTypes } from './types.ts';

/** In the order of the help. */
const COMMANDS: readonly ((program: Command, io: Io) => void)[] = [
  registerServe,
  registerCheck,
  registerTypes,
  registerProviders,
  registerRevoke,
  registerSubmit,
  registerSweep,
  registerStatus,
  registerEntries,
  registerDecide,
  registerLookups,
  registerNotices,
  registerSessions,
  registerFingerprint,
  registerGitlabSettings,
  registerKeys,
  registerLedger,
  registerBackup,
  registerDemo,
  registerCompletion,
  registerHealth,
];

/**
 * Runs one command.
 * @param args without the names of Node.js and the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const program = createProgram(io);
  if (args.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has printed its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { reportFailure } = await import('./failure.ts');
    return reportFailure(error, io);
  }
}

/** Runs the command of this process. @param definitions of the providers that there are */
export async function runProcess(
  definitions: Io['definitions'] = async () => (await import('../../providers/index.ts')).definitions,
): Promise<void> {
  process.stdout.on('error', leaveWhenNobodyReads);
  process.exitCode = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    definitions,
  });
}

function createProgram(io: Io): Command {
  const program = new Command('quash')
    .description("Makes leaked secrets dead: GitLab's Token Revocation API for self-managed GitLab.")
    .version(packageJson.version)
    .option('--config <file>', 'configuration file (default: $QUASH_CONFIG, or quash.yaml if there is one)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .exitOverride();
  for (const register of COMMANDS) register(program, io);
  return program;
}

/** `quash types | head` is no failure. */
function leaveWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.done);
}
