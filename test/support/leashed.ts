import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { resolve } from 'node:path';

const LEASH = resolve(import.meta.dirname, 'leash.ts');

let input: Socket | undefined;

/**
 * Has it ended or removed when this process is gone, even when it was killed: by a process that is started with the
 * first of these, and that sees the pipe to it close.
 */
export function leashed(what: 'process' | 'gone' | 'folder', value: string | number): void {
  input ??= startLeash();
  // Written at once, as a pipe that is not full takes it without waiting.
  input.write(`${what} ${value}\n`);
}

function startLeash(): Socket {
  // It must not get what is sent to the group of this process, nor hold its outputs open.
  const leash = spawn(process.execPath, [LEASH], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const pipe = leash.stdin as Socket;
  leash.unref();
  pipe.unref();
  return pipe;
}
