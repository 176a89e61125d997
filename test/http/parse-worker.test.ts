import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { ParseReply, ParseRequest } from '../../src/http/parse-worker.ts';

it('hands over the next elements of a body only when they are asked for', async () => {
  const thread = new Worker(new URL('../../src/http/parse-worker.ts', import.meta.url));
  onTestFinished(async () => void (await thread.terminate()));
  const ask = (request: ParseRequest) => thread.postMessage(request);
  const next = async () => ((await once(thread, 'message')) as [ParseReply])[0];
  const bytes = (text: string) => [...text].map((piece) => new TextEncoder().encode(piece));

  ask({ job: 1, chunks: bytes(`[${'1,'.repeat(2_499)}1]`) });
  ask({ job: 2, chunks: bytes('[1]') });
  const replies = [await next(), await next()];
  for (let n = 0; n < 2; n++) {
    ask({ job: 1 });
    replies.push(await next());
  }

  const told = replies.map((reply) => 'elements' in reply && [reply.job, reply.elements.length, reply.last]);
  expect(told).toEqual([
    [1, 1_000, false],
    [2, 1, true],
    [1, 1_000, false],
    [1, 500, true],
  ]);
});
