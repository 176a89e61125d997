import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { bundled } from './bundled.ts';
import { startChild } from './child.ts';
import { type LogLine, LogLines } from './log-lines.ts';

const BIN = resolve(import.meta.dirname, '../../src/bin.js');

export interface QuashProcess {
  readonly pid: number;
  /** Undefined for a worker. */
  readonly apiUrl: string;
  readonly adminUrl: string;
  /** Everything that it has written, to both outputs. */
  readonly output: () => string;
  /** Its log so far, one object a line. */
  readonly log: () => LogLine[];
  /** Resolves with the first line of this event that fits, also one that was written before. */
  logged(event: string, fits?: (line: LogLine) => boolean): Promise<LogLine>;
  /** The exit code, once it has ended by itself. */
  readonly ended: Promise<number | null>;
  /** Sends the signal and resolves with the exit code once it has ended; null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
}

export interface StartOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** What to start in place of the sources here, e.g. the entry point of an image. */
  readonly command?: readonly [file: string, ...args: string[]];
  /** A file for its standard error; a pipe by default, in which what is written faster than it is read may be lost. */
  readonly errors?: number;
  /** Which lines of its standard output are kept for {@link QuashProcess.output} and the log; default is all. */
  readonly keeps?: (line: string) => boolean;
  /** Who runs it; only root may choose. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** As {@link startQuash}, with GitLab as the only provider: it is there in a third of the time. */
export async function startQuashOfGitlab({ cwd, env, args = [] }: StartOptions): Promise<QuashProcess> {
  const { file, env: fast } = await bundled('gitlab-only');
  return startQuash({ cwd, env: { ...fast, ...env }, command: [process.execPath, file, 'serve', ...args] });
}

/** Starts the real command with free ports and waits until it listens. */
export async function startQuash(options: StartOptions): Promise<QuashProcess> {
  const env = {
    PATH: process.env.PATH,
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    ...options.env,
  };
  const [file, ...args] = options.command ?? [process.execPath, BIN, 'serve'];
  const child = startChild(file, [...args, ...(options.args ?? [])], {
    cwd: options.cwd,
    env,
    ...options.user,
    stdio: ['pipe', 'pipe', options.errors ?? 'pipe'],
  });
  if (!child.stdout) throw new Error('It has no standard output.');
  const lines = new LogLines();
  child.stderr?.on('data', (chunk) => lines.add(String(chunk)));
  const { keeps = () => true } = options;
  createInterface(child.stdout).on('line', (line) => {
    if (keeps(line)) lines.addLine(line);
  });
  // With its end and not before its outputs', as its last lines come behind it.
  const ended = once(child, 'close').then(([code]) => {
    lines.end();
    return code as number | null;
  });

  const end: QuashProcess['end'] = (signal) => {
    child.kill(signal);
    return ended;
  };
  const listening = await lines.logged('listening').catch(async (error: unknown) => {
    await end('SIGKILL');
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    apiUrl: String(listening.api),
    adminUrl: String(listening.admin),
    output: () => lines.output,
    log: () => lines.log,
    logged: (event, fits) => lines.logged(event, fits),
    ended,
    signal: (signal) => child.kill(signal),
    end,
  };
}
