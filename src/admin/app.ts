import { Hono } from 'hono';
import { SWEEPS, type SweepOrder } from '../gitlab/sweep-order.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracer } from '../observe/tracing.ts';
import { clientCertificateOnly } from '../server/client-certificate.ts';
import { ownHostOnly } from '../server/own-host.ts';
import { answerProblem, Problem, retryAfter } from '../server/problem.ts';
import { observed } from '../server/request-log.ts';
import type { Clock } from '../words/clock.ts';
import type { Secret } from '../words/secret.ts';
import type { AdminSettings } from './access.ts';
import { createAdminApi } from './api.ts';
import { basePathOf } from './base-path.ts';
import { createDashboard } from './dashboard/dashboard.ts';
import { Operations } from './operations.ts';
import { Sessions } from './sessions.ts';

export interface AdminOptions {
  /** What it listens on. */
  readonly host: string;
  /** Below which people reach it through a proxy; no slash at the end. */
  readonly basePath?: string;
  /** Whether all but health checks need a client certificate. */
  readonly wantsCertificate?: boolean;
  readonly settings: () => AdminSettings;
  readonly ledger: Ledger;
  /** Names a token of a provider as the ledger has it. */
  readonly fingerprint: (provider: string, token: Secret) => string;
  /** @returns the id of the sweep's entry */
  readonly startSweep: (order: SweepOrder) => Promise<string>;
  /** What endangers the entries in their storage. Default: nothing is known that does. */
  readonly ledgerWarnings?: () => readonly string[];
  /** Resolves once reports to this process go by the modes that are set. Default: at once. */
  readonly modesChanged?: () => Promise<void>;
  readonly clock: Clock;
  readonly observe: Observe;
  /** For `/metrics`. */
  readonly metrics?: Pick<Metrics, 'render'> | undefined;
  readonly tracer?: Tracer | undefined;
  /** The process is about to end and wants no more requests. */
  readonly draining: () => boolean;
}

/** Probes and scrapes that come more often than this share one answer. */
const CACHE_MS = 1_000;

/** The admin port: health, readiness and metrics without authentication, and the API for operators. */
export function createAdminApp(options: AdminOptions): Hono {
  const { draining, settings, ledger, clock, observe, metrics, tracer } = options;
  const base = basePathOf(options.basePath ?? '');
  const app = new Hono({ getPath: base.routeOf });
  app.use(observed({ port: 'admin', observe, tracer }));
  app.use(
    ownHostOnly(
      options.host,
      (name, { req }) => name === settings().publicHost || req.path.startsWith('/api/'),
    ),
  );
  const { startSweep, fingerprint, ledgerWarnings = () => [], modesChanged = async () => {} } = options;
  const operations = new Operations({
    ...{ registry: () => settings().registry, channels: () => settings().channels },
    ...{ ledger, clock, observe, fingerprint, startSweep, ledgerWarnings, modesChanged },
  });
  const sessions = new Sessions({ settings, ledger, clock, observe });
  const ready = cached(CACHE_MS, () => ledger.ping());

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    if (draining()) throw new Problem(503, 'Draining', { headers: retryAfter(1) });
    await ready();
    return context.json({ status: 'ok' });
  });

  if (options.wantsCertificate) app.use(clientCertificateOnly());

  if (metrics) {
    const scraped = cached(CACHE_MS, () =>
      metrics.render({ ledger, clock, providers: enabled(settings()), sweeps: SWEEPS, ready }),
    );
    app.get('/metrics', async (context) => {
      const { contentType, text } = await scraped();
      return context.body(text, 200, { 'content-type': contentType });
    });
  }

  app.route('/api', createAdminApi({ settings, operations, sessions, to: base.to }));
  app.route('/', createDashboard({ base, settings, operations, sessions, clock, observe }));

  app.notFound(() => new Problem(404, 'No such path').toResponse());
  app.onError(answerProblem((error) => observe(failureEvent('request', error))));
  return app;
}

function enabled({ registry }: AdminSettings): readonly string[] {
  return registry.providers.flatMap((each) => (each.enabled ? [each.definition.id] : []));
}

function cached<T>(forMs: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
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
