import { Hono } from 'hono';
import { failureEvent } from '../events.ts';
import { answerProblem, Problem, retryAfter } from '../http/problem.ts';
import { type AdminApiOptions, createAdminApi } from './api.ts';

export interface AdminOptions extends AdminApiOptions {
  /** The process is about to end and wants no more requests. */
  readonly draining: () => boolean;
}

/** What a probe may cost: more frequent ones share an answer. */
const READY_CACHE_MS = 1_000;

/** The admin port: health and readiness without authentication, and the API for operators. */
export function createAdminApp({ draining, ...options }: AdminOptions): Hono {
  const { ledger, observe } = options;
  const app = new Hono({ strict: false });
  const ready = cached(READY_CACHE_MS, () => ledger.ping());

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    if (draining()) throw new Problem(503, 'Draining', { headers: retryAfter(1) });
    await ready();
    return context.json({ status: 'ok' });
  });

  app.route('/api', createAdminApi(options));

  app.notFound(() => new Problem(404, 'No such path').toResponse());
  app.onError(answerProblem((error) => observe(failureEvent('request', error))));
  return app;
}

function cached(forMs: number, ask: () => Promise<void>): () => Promise<void> {
  let answer: Promise<void> | undefined;
  return () => {
    if (!answer) {
      answer = ask();
      answer.catch(() => {});
      setTimeout(() => {
        answer = undefined;
      }, forMs).unref();
    }
    return answer;
  };
}
