import { ConfigError, faultLine } from '../config/faults.ts';
import { LedgerError } from '../ledger/ledger.ts';
import { Failure } from '../provider/failure.ts';
import { CertificateError } from '../server/certificates.ts';
import { ListenError } from '../server/listen.ts';
import { KeysError } from '../vault/keys.ts';
import { CommandError, EXIT, type Io, printLines } from './io.ts';

/** These have messages that were written for operators and hold no secret. */
const SPEAKING = [CertificateError, ConfigError, CommandError, KeysError, LedgerError, ListenError, Failure];

/** A command that looks for faults of the configuration has found some: it was not used wrongly. */
export class FaultsFound extends ConfigError {}

/**
 * Says why a command failed.
 * @returns the exit code
 */
export function reportFailure(error: unknown, io: Io): number {
  if (error instanceof ConfigError) {
    printLines(io.stderr, error.faults.map(faultLine));
    return error instanceof FaultsFound ? EXIT.failed : EXIT.usage;
  }
  printLines(io.stderr, [`quash: ${messageOf(error)}`]);
  return error instanceof CommandError ? error.exitCode : EXIT.failed;
}

/** The part of an error that may be shown: a message that was written for operators, otherwise the stack frames. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'internal failure';
  // The operating system's own, such as a port that is taken.
  if (SPEAKING.some((kind) => error instanceof kind) || 'syscall' in error) return error.message;
  // A message of unknown origin may quote a secret; where it happened does not.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`internal failure (${error.name})`, ...frames].join('\n');
}
