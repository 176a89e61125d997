import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections, and to whoever asks for any: nobody gets one by chance meanwhile. */
const [FIRST, COUNT] = [10_000, 12_000];
const ATTEMPTS = 100;

/** A port of 127.0.0.1 that was free just now; somebody else who chooses one so may take it before it is used. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('No port is free.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
