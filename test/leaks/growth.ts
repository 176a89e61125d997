/** What of the tokens stays in memory once nobody works on them any more. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { startHttpReceiver } from '../notify/receivers.ts';
import { CODE_CACHE } from '../support/code-cache.ts';
import { eventually } from '../support/eventually.ts';
import { type QuashProcess, startQuash } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Heap, readHeap } from './heap.ts';
import { Marks } from './marks.ts';
import { custom } from './one-gitlab-world.ts';
import { Places } from './places.ts';

const CHILD = resolve(import.meta.dirname, 'child.ts');
const FEW = 200;
const MANY = 2_000;
/** A call's request is held by the timer of its timeout, also once it is over. */
const CALL_TIMEOUT_MS = 3_000;
/** Some texts stay, whatever happens: those that the engine itself remembers. */
const SPARE = 5;

export interface Growth {
  readonly tokens: number;
  /** Secrets of tokens that are still in memory. */
  readonly found: number;
  readonly heapBytes: number;
  readonly holders: Heap['holders'];
}

/** Ends with the running test. @throws {Error} when memory goes on to hold more */
export async function huntGrowth(
  all: Marks,
): Promise<{ readonly atOnce: Growth; readonly before: Growth; readonly after: Growth }> {
  const cwd = temporaryFolder();
  const preShared = all.plain('pre-shared token of the growth');
  const admin = all.plain('admin token of the growth');
  const marks = new Marks(all.seed + 1);
  const vendor = await startHttpReceiver();
  vendor.state.status = 204;
  const config = {
    auth: { tokens: [preShared] },
    admin: { tokens: [admin] },
    revocation: { maxPerHour: 1_000_000, leaseSeconds: 86_400 },
    upstream: { allowPrivate: ['127.0.0.1'], timeoutMs: CALL_TIMEOUT_MS },
    custom: {
      acme: { ...custom('acme', vendor.url, all.plain('credential of the growth')), concurrency: 50 },
    },
  };
  writeFileSync(join(cwd, 'quash.yaml'), stringify(config));
  const snapshots = ['--heapsnapshot-signal=SIGUSR2', '--diagnostic-dir', cwd];
  const command = [process.execPath, ...snapshots, CHILD, 'serve'] as const;
  const quash = await startQuash({ cwd, env: { ...CODE_CACHE, LEAKS_HASTE: '1000' }, command });
  const running = { quash, preShared, admin };
  const snapshot = async (): Promise<Growth> => {
    const { found, bytes, holders } = await readHeap(quash, cwd, marks.all);
    return { tokens: marks.all.length, found: found.length, heapBytes: bytes, holders };
  };

  /** What keeps tokens out of the log knows them for ten minutes at most, and those last 0.6 s here. */
  const forgotten = (most: number) =>
    eventually(async () => {
      const seen = await snapshot();
      expect(seen.found).toBeLessThanOrEqual(most);
      return seen;
    });

  await revoke(running, marks, FEW);
  const atOnce = await snapshot();
  const before = await forgotten(SPARE);
  await revoke(running, marks, MANY);
  const after = await forgotten(before.found + SPARE);
  expect(await quash.end('SIGTERM')).toBe(0);
  return { atOnce, before, after };
}

interface Running {
  readonly quash: QuashProcess;
  readonly preShared: string;
  readonly admin: string;
}

async function revoke({ quash, preShared, admin }: Running, marks: Marks, count: number): Promise<void> {
  const places = new Places();
  const known = marks.all.length;
  const elements = Array.from({ length: count }, (_, n) => ({
    type: 'acme_key',
    token: marks.plain(`token ${known + n}`, 'acme_'),
    location: `https://gitlab.example.com/${n}`,
  }));
  const report = () =>
    places.ask('api', `${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: preShared },
      body: JSON.stringify(elements),
    });
  let { status } = await report();
  // By its fast clock the service has no time for all of them in one answer; sent again, it goes on from there.
  while (status === 429) ({ status } = await report());
  expect(status).toBe(204);
  await eventually(async () => {
    const headers = { authorization: `Bearer ${admin}` };
    const { text } = await places.ask('api', `${quash.adminUrl}/api/providers`, { headers });
    const { providers } = JSON.parse(text);
    const acme = providers.find(({ id }: { id: string }) => id === 'acme');
    expect([acme.entries, acme.lane]).toMatchObject([{ done: known + count }, {}]);
  });
}
