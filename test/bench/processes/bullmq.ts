/** What a team would write today: Fastify, a schema, and a BullMQ job for each token, whose id keeps it from coming twice. */
import { timingSafeEqual } from 'node:crypto';
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { z } from 'zod';
import { answerParent } from '../child.ts';
import { PRE_SHARED, TOKEN_TYPE } from '../tokens.ts';

const BODY_LIMIT = 64 * 1024 * 1024;

const report = z.array(
  z.object({ type: z.literal(TOKEN_TYPE), token: z.string().min(1), location: z.string() }),
);

const [redisUrl = ''] = process.argv.slice(2);
const queue = new Queue('revocations', {
  connection: { host: '127.0.0.1', port: Number(new URL(redisUrl).port) },
});
const app = fastify({ bodyLimit: BODY_LIMIT });
const expected = Buffer.from(PRE_SHARED);

app.addHook('onRequest', async (request, reply) => {
  const given = Buffer.from(request.headers.authorization ?? '');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return reply.code(401).send();
});

app.post('/v1/revoke_tokens', async (request, reply) => {
  const parsed = report.safeParse(request.body);
  if (!parsed.success) return reply.code(400).send();
  const jobs = parsed.data.map((data) => ({ name: 'revoke', data, opts: { jobId: data.token } }));
  await queue.addBulk(jobs);
  return reply.code(204).send();
});

await queue.waitUntilReady();
answerParent(await app.listen({ host: '127.0.0.1', port: 0 }), () => {});
