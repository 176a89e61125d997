/**
 * The process beside one that runs tests, which ends what that one leaves behind. It reads, a line each, what the
 * runner starts and makes: `process PID` for a process with a group of its own, `gone PID` once that has ended, and
 * `folder PATH`. When its input ends, the runner is gone, in whatever way; then it kills those groups and removes those
 * folders.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A killed process may go on for a moment, and write into a folder; as a zombie it may stay in the list for longer. */
const LAST_BREATH_MS = 2_000;
const POLL_MS = 20;

const groups = new Set<number>();
const folders = new Set<string>();

function note(line: string): void {
  const at = line.indexOf(' ');
  const [word, value] = [line.slice(0, at), line.slice(at + 1)];
  if (word === 'process') groups.add(Number(value));
  if (word === 'gone') groups.delete(Number(value));
  if (word === 'folder') folders.add(value);
}

/** @returns whether there was anybody */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}

function remove(folder: string): void {
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };
  try {
    rmSync(folder, options);
  } catch {
    // A test took the right to write away.
    spawnSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, options);
  }
}

// A signal to the whole terminal must not end this process before it has cleaned up.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});

let rest = '';
for await (const chunk of process.stdin) {
  const lines = `${rest}${chunk}`.split('\n');
  // Half a line at the very end is none: it may hold half a number.
  rest = lines.pop() ?? '';
  lines.forEach(note);
}
for (const group of groups) signal(group, 'SIGKILL');
const end = performance.now() + LAST_BREATH_MS;
while ([...groups].some((group) => signal(group, 0)) && performance.now() < end) await delay(POLL_MS);
for (const folder of folders) remove(folder);
