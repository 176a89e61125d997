/**
 * The least that can be done with a report: parse it, and write it to Redis with one pipeline. No authentication, no
 * checks, no sealing, no answer to a repeated token. Without a Redis it does nothing at all: then it shows how much
 * the client is able to send.
 */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { answerParent } from '../child.ts';
import { listen } from '../listen.ts';

interface Element {
  readonly type: string;
  readonly token: string;
  readonly location: string;
}

const [redisUrl] = process.argv.slice(2);
const redis = redisUrl === undefined ? undefined : new Redis(redisUrl);

async function write(client: Redis, elements: readonly Element[]): Promise<void> {
  const pipeline = client.pipeline();
  for (const { type, token, location } of elements) {
    pipeline.set(`token:${token}`, '1', 'NX');
    pipeline.xadd('reports', '*', 'type', type, 'token', token, 'location', location);
  }
  const replies = await pipeline.exec();
  const failed = replies?.find(([error]) => error);
  if (failed) throw failed[0];
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    if (redis) await write(redis, JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(204).end();
  });
});

answerParent(await listen(server), () => {});
