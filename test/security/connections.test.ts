/** A crowd of connections that say nothing, or half of something, against the real command. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { FUZZ_PATIENCE_MS, isLong } from '../fuzz/runs.ts';
import { eventually } from '../support/eventually.ts';
import { TOKEN } from '../support/http-fixture.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { get, post } from './wire.ts';

const WANTED = isLong ? 10_000 : 500;

/** Besides the sockets: files, pipes, and what the test runner has open. */
const SPARE_FILES = 500;

const connections = Math.max(0, Math.min(WANTED, mostOpenFiles() - SPARE_FILES));

/** As many at a time as a listening socket lets wait. */
const AT_ONCE = 100;

function mostOpenFiles(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  const soft = userLimits?.open_files?.soft;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? 1_024);
}

const SAID = ['', get().slice(0, 50), post('Content-Length: 5000\r\n').slice(0, -2)];

it.skipIf(connections < 100)(
  `serves others while ${connections} connections hang${isLong ? ', and drops these' : ''}`,
  async () => {
    const quash = await startQuashOfGitlab({ cwd: temporaryFolder(), env: { QUASH_AUTH__TOKENS: TOKEN } });
    onTestFinished(async () => {
      await quash.end('SIGKILL');
    });
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    let open = 0;
    const port = Number(new URL(quash.apiUrl).port);
    const enter = async (index: number) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      open += 1;
      socket.on('error', () => {});
      socket.on('close', () => {
        open -= 1;
      });
      // What is answered has to be read, or the end is not seen.
      socket.resume();
      socket.write(SAID[index % SAID.length] ?? '');
    };
    for (let first = 0; first < connections; first += AT_ONCE) {
      const now = Math.min(AT_ONCE, connections - first);
      await Promise.all(Array.from({ length: now }, (_, n) => enter(first + n)));
    }

    const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: TOKEN },
      body: '[]',
    });
    expect(answer.statusCode).toBe(204);
    expect((await request(`${quash.adminUrl}/readyz`)).statusCode).toBe(200);

    // The short form has no time to wait for it; the timeouts have tests of their own.
    if (isLong) await eventually(() => expect(open).toBe(0));
    for (const socket of sockets) socket.destroy();
    expect(await quash.end('SIGTERM')).toBe(0);
  },
  FUZZ_PATIENCE_MS,
);
