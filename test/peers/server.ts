/** Starts a peer on a free loopback port. It ends with the suite, as every process that a test starts. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../support/child.ts';
import { PATIENCE_MS, tooSlow } from '../support/patience.ts';

const POLL_MS = 100;

export interface Started {
  readonly file: string;
  readonly args: readonly string[];
  /** Where it works, and writes its log. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is ready; what this throws means that it is not. */
  ready(): Promise<boolean>;
}

/** @throws {Error} with the end of its log when it ends at its start, or is not ready in time */
export async function startPeer({ file, args, cwd, env, ready }: Started): Promise<void> {
  const path = join(cwd, 'peer.log');
  const log = openSync(path, 'a');
  const own = { PATH: process.env.PATH, HOME: cwd, TMPDIR: cwd, ...env };
  const child = startChild(file, args, { cwd, env: own, stdio: ['ignore', log, log] });
  closeSync(log);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const lastWords = () => readFileSync(path, 'utf8').slice(-2_000);
  const end = performance.now() + PATIENCE_MS;
  while (!(await ready().catch(() => false))) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`${file} ended at its start: ${lastWords()}`);
    if (performance.now() > end) throw tooSlow(`${file} was not ready`, lastWords());
    await delay(POLL_MS);
  }
}

/** Whether the URL answers with this status. */
export async function answers(url: string, status = 200): Promise<boolean> {
  return (await fetch(url, { redirect: 'manual' })).status === status;
}
