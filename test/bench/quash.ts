/** The real command, set up for the benchmark. */
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bundled } from '../support/bundled.ts';
import { startChild as startProcess } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { inTime, PATIENCE_MS, tooSlow } from '../support/patience.ts';
import type { BenchLedger } from './ledgers.ts';
import { ADMIN, PRE_SHARED, TOKEN_PATTERN, TOKEN_TYPE } from './tokens.ts';

export const PROVIDER = 'bench';
/** Revocations at once, and so the most connections to the upstream. */
export const CONCURRENCY = 16;

const ROOT = resolve(import.meta.dirname, '../..');
const NO_LIMIT = '1000000000';
/** Below a hundredth of what a start takes. */
const POLL_MS = 10;

export interface BenchQuash extends AsyncDisposable {
  readonly pid: number;
  /** Where reports are posted to. */
  readonly reportUrl: string;
  readonly adminUrl: string;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
}

export interface QuashOptions {
  readonly ledger: BenchLedger;
  readonly role: 'all' | 'api';
  /** Where the tokens are revoked. */
  readonly upstreamUrl?: string;
  /** With one provider beside the benchmark's, with which it starts in half of the time. */
  readonly short?: boolean;
  /** The folder of another version. */
  readonly root?: string | undefined;
  /** Folder for a CPU profile of it. */
  readonly profiles?: string | undefined;
}

export async function startQuash({
  ledger,
  role,
  upstreamUrl,
  short = false,
  root = ROOT,
  profiles,
}: QuashOptions): Promise<BenchQuash> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const shortly = short ? await bundled('gitlab-only') : undefined;
  const env = {
    PATH: process.env.PATH,
    ...shortly?.env,
    ...ledger.env,
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: String(port),
    QUASH_ADMIN__PORT: String(adminPort),
    QUASH_AUTH__TOKENS: PRE_SHARED,
    QUASH_ADMIN__TOKENS: ADMIN,
    QUASH_LIMITS__REQUESTSPERMINUTE: NO_LIMIT,
    QUASH_LIMITS__TOKENSPERMINUTE: NO_LIMIT,
    QUASH_LIMITS__BACKLOG: NO_LIMIT,
    QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    QUASH_CUSTOM: JSON.stringify({ [PROVIDER]: provider(upstreamUrl ?? 'http://127.0.0.1:9') }),
  };
  // Into a file: reading the log would cost the process that measures.
  const logFile = join(ledger.folder, 'quash.log');
  const log = openSync(logFile, 'a');
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const start = performance.now();
  const child = startProcess(
    process.execPath,
    [...profiling, shortly?.file ?? join(root, 'src/bin.js'), 'serve', '--role', role],
    {
      ...{ cwd: ledger.folder, env },
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  const exited = once(child, 'exit');
  const apiUrl = `http://127.0.0.1:${port}`;
  while (!(await answers(`${apiUrl}/v1/revocable_token_types`))) {
    const said = () => `Its output: ${readFileSync(logFile, 'utf8')}`;
    if (child.exitCode !== null) throw new Error(`Quash ended at its start. ${said()}`);
    if (performance.now() - start > PATIENCE_MS) {
      child.kill('SIGKILL');
      throw tooSlow('Quash did not answer', said());
    }
    await delay(POLL_MS);
  }
  return {
    pid: child.pid ?? 0,
    reportUrl: `${apiUrl}/v1/revoke_tokens`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    startMs: performance.now() - start,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await inTime('Quash did not end', exited);
    },
  };
}

function provider(upstreamUrl: string) {
  return {
    title: 'Benchmark',
    docs: 'https://docs.example.com/revoke',
    types: [TOKEN_TYPE],
    pattern: TOKEN_PATTERN,
    concurrency: CONCURRENCY,
    maxPerHour: Number(NO_LIMIT),
    revoke: [
      {
        request: { method: 'POST', url: `${upstreamUrl}/revoke`, form: { token: '{token}' } },
        answers: [{ status: 200, means: 'revoked' }],
      },
    ],
  };
}

function answers(url: string): Promise<boolean> {
  return new Promise((found) => {
    const call = request(url, { agent: false, headers: { authorization: PRE_SHARED } }, (response) => {
      response.resume();
      found(response.statusCode === 200);
    });
    call.on('error', () => found(false));
    call.end();
  });
}

/** Stops or starts the lane of the benchmark's provider. */
export async function steer(quash: BenchQuash, action: 'pause' | 'resume'): Promise<void> {
  const answer = await fetch(`${quash.adminUrl}/api/providers/${PROVIDER}/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN}` },
  });
  if (!answer.ok) throw new Error(`The lane could not be steered: ${answer.status}.`);
  await answer.body?.cancel();
}

/** In bytes, as Linux tells it. */
export function residentBytes({ pid }: BenchQuash): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
