/** Processes that tests start. None outlives the one that started it, whatever that one's end is. */
import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  type SpawnOptions,
  type SpawnOptionsWithoutStdio,
  spawn,
} from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { leashed } from './leashed.ts';
import { runFolder } from './run-folder.ts';

const running = new Map<ChildProcess, Promise<void>>();

/**
 * Starts a process in a group of its own. What it has started goes with it, and it goes with this process.
 * @param options its environment gets the folder for temporary files, unless it has one
 */
export function startChild(
  file: string,
  args: readonly string[],
  options?: SpawnOptionsWithoutStdio,
): ChildProcessWithoutNullStreams;
export function startChild(file: string, args: readonly string[], options: SpawnOptions): ChildProcess;
export function startChild(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const env = { TMPDIR: runFolder(), ...(options.env ?? process.env) };
  const child = spawn(file, args, { ...options, env, detached: true });
  const { pid } = child;
  if (pid === undefined) return child; // It says why as an event.
  leashed('process', pid);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running.delete(child);
      killGroup(pid);
      leashed('gone', pid);
      resolve();
    });
  });
  running.set(child, gone);
  return child;
}

/** Those that run now. */
export function children(): ReadonlySet<ChildProcess> {
  return new Set(running.keys());
}

/** Kills all that run, and resolves once they have ended. */
export async function endChildren(except: ReadonlySet<ChildProcess> = new Set()): Promise<void> {
  const left = [...running].filter(([child]) => !except.has(child));
  for (const [{ pid = 0 }] of left) killGroup(pid);
  await Promise.all(left.map(([, gone]) => gone));
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a process to its end.
 * @param options `input` is what it reads
 * @throws {Error} when it cannot be started
 */
export async function runChild(
  file: string,
  args: readonly string[],
  { input = '', ...options }: SpawnOptionsWithoutStdio & { readonly input?: string } = {},
): Promise<Ended> {
  const child = startChild(file, args, options);
  child.stdin.on('error', () => {}); // It may end without reading.
  child.stdin.end(input);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

/** @returns its output. @throws {Error} with its output when it does not exit with 0 */
export async function outputOf(
  file: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio = {},
): Promise<string> {
  const { code, stdout, stderr } = await runChild(file, args, options);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Kills the process and what it has started. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
