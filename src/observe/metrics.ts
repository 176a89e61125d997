/** What Prometheus scrapes. No label holds a location, an id or a token: providers, routes and outcomes are few. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import packageJson from '../../package.json' with { type: 'json' };
import { type Count, STATES } from '../ledger/entry.ts';
import type { LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../words/clock.ts';
import type { OutcomeKind } from '../words/outcome.ts';
import type { Observe, QuashEvent } from './events.ts';

export interface Metrics {
  /** Counts what happens. */
  readonly observe: Observe;
  /** Never fails: while the ledger cannot be read, all that is known of it is that, and whether it can be written. */
  render(source: MetricsSource): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Read at each scrape. */
export interface MetricsSource {
  readonly ledger: Pick<Ledger, 'count' | 'lanes' | 'oldestQueuedAt'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Ids of the enabled ones. */
  readonly providers: readonly string[];
  /** The provider whose entries take as long as they take: no secret waits in them. */
  readonly sweeps: string;
  /** Rejects while the ledger cannot be written. */
  readonly ready: () => Promise<void>;
}

const SECOND_MS = 1_000;

/** Below the usual scrape timeout of 10 s, so that a ledger that hangs does not hide all the rest. */
const LEDGER_TIMEOUT_MS = 3_000;

/** From what a person would call at once to the end of the schedule of attempts. */
const REVOCATION_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 28_800, 86_400];
const UPSTREAM_BUCKETS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Ends of a token's life; a dry run and a refusal end nothing. */
const DEATHS: ReadonlySet<OutcomeKind> = new Set(['revoked', 'already-inactive', 'accepted']);

/** With the answers that tell whether GitLab gets through. */
const CALLS_OF_GITLAB = [
  { method: 'GET', route: '/v1/revocable_token_types', statuses: [200, 401, 429, 500] },
  { method: 'POST', route: '/v1/revoke_tokens', statuses: [204, 401, 413, 429, 500, 503] },
  { method: 'POST', route: '/v1/gitlab/events', statuses: [204, 401, 413, 429, 500, 503] },
] as const;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT']);

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = createCounters(registry);
  const gauges = createGauges(registry);
  // Not known before it was asked.
  gauges.ledgerDurable.remove();
  gauges.build.set({ version: packageJson.version, node: process.version }, 1);
  return {
    observe: (event) => count(counters, gauges, event),
    async render(source) {
      const [reading, isWritable] = await Promise.all([
        inTime(() => readLedger(source)),
        inTime(() => source.ready().then(() => true)),
      ]);
      gauges.ledgerWritable.set(isWritable ? 1 : 0);
      showLedger(gauges, source, reading);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function createCounters(registry: Registry) {
  const registers = [registry];
  const received = new Counter({
    name: 'quash_tokens_received_total',
    help: 'Reported tokens: created entries, repeated reports of known ones, invalid elements.',
    labelNames: ['result'],
    registers,
  });
  const requests = new Counter({
    name: 'quash_http_requests_total',
    help: 'Answered requests, on both ports.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  // Made with 0, as the first value of a series is no rise to Prometheus: an alert would not see the first event.
  for (const result of ['created', 'repeated', 'invalid']) received.inc({ result }, 0);
  for (const { method, route, statuses } of CALLS_OF_GITLAB) {
    for (const status of statuses) requests.inc({ method, route, status }, 0);
  }
  return {
    requests,
    received,
    ofCallers: new Counter({
      name: 'quash_caller_tokens_total',
      help: 'Reported tokens by the name of the caller.',
      labelNames: ['caller'],
      registers,
    }),
    revocations: new Counter({
      name: 'quash_revocations_total',
      help: 'Ends of the work on an entry, by outcome.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    attempts: new Counter({
      name: 'quash_attempts_total',
      help: "Steps of work on entries, by an outcome or a failure's code.",
      labelNames: ['provider', 'result'],
      registers,
    }),
    deliveries: new Counter({
      name: 'quash_notice_deliveries_total',
      help: 'Attempts to tell a channel, receivers of notices and GitLab: delivered or failed.',
      labelNames: ['channel', 'result'],
      registers,
    }),
    noticesMissed: new Counter({
      name: 'quash_notices_missed_total',
      help: 'Announcements that made room before their channel could be told; the log says which channel.',
      registers,
    }),
    revocationSeconds: new Histogram({
      name: 'quash_revocation_seconds',
      help: 'From the first report of a token to its end.',
      buckets: REVOCATION_BUCKETS,
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'quash_upstream_request_seconds',
      help: 'Calls of providers, failed ones included.',
      labelNames: ['provider'],
      buckets: UPSTREAM_BUCKETS,
      registers,
    }),
  };
}

function createGauges(registry: Registry) {
  const registers = [registry];
  return {
    build: new Gauge({
      name: 'quash_build_info',
      help: 'Which version runs; always 1.',
      labelNames: ['version', 'node'],
      registers,
    }),
    ledgerUp: new Gauge({
      name: 'quash_ledger_up',
      help: 'Whether the ledger could be read for this scrape.',
      registers,
    }),
    ledgerWritable: new Gauge({
      name: 'quash_ledger_writable',
      help: 'Whether the ledger could be written for this scrape.',
      registers,
    }),
    ledgerDurable: new Gauge({
      name: 'quash_ledger_durable',
      help: 'Whether nothing is known that endangers what the ledger stores; asked every minute.',
      registers,
    }),
    entries: new Gauge({
      name: 'quash_ledger_entries',
      help: 'Entries in the ledger, the same on all replicas.',
      labelNames: ['state'],
      registers,
    }),
    oldestQueued: new Gauge({
      name: 'quash_oldest_queued_seconds',
      help: 'Since the first report of the queued entry that waits longest, sweeps apart; 0 when none does.',
      registers,
    }),
    paused: new Gauge({
      name: 'quash_provider_paused',
      help: 'Whether the work of an enabled provider stands still, paused or parked.',
      labelNames: ['provider'],
      registers,
    }),
  };
}

function count(
  counters: ReturnType<typeof createCounters>,
  gauges: ReturnType<typeof createGauges>,
  event: QuashEvent,
): void {
  switch (event.type) {
    case 'http-answered': {
      const { route, status } = event;
      const method = METHODS.has(event.method) ? event.method : 'other';
      counters.requests.inc({ method, route, status });
      return;
    }
    case 'report-accepted':
      for (const result of ['created', 'repeated', 'invalid'] as const) {
        counters.received.inc({ result }, event[result]);
      }
      counters.ofCallers.inc({ caller: event.caller }, event.created + event.repeated + event.invalid);
      return;
    case 'attempted':
      counters.attempts.inc({ provider: event.provider, result: event.result });
      return;
    case 'settled': {
      const { provider, outcome, sinceReportMs } = event;
      if (!outcome) return;
      counters.revocations.inc({ provider, outcome: outcome.kind });
      if (DEATHS.has(outcome.kind)) counters.revocationSeconds.observe(sinceReportMs / SECOND_MS);
      return;
    }
    case 'notice-sent':
      counters.deliveries.inc({ channel: event.channel, result: 'delivered' });
      return;
    case 'notice-failed':
      counters.deliveries.inc({ channel: event.channel, result: 'failed' });
      return;
    case 'notices-missed':
      counters.noticesMissed.inc(event.announcements);
      return;
    case 'upstream-called':
      counters.upstreamSeconds.observe({ provider: event.provider }, event.durationMs / SECOND_MS);
      return;
    case 'ledger-durability':
      gauges.ledgerDurable.set(event.durable ? 1 : 0);
      return;
    default:
      return;
  }
}

interface LedgerReading {
  readonly counts: readonly Count[];
  readonly lanes: readonly LaneState[];
  readonly oldestQueuedAt: number | undefined;
}

async function readLedger({ ledger, clock, sweeps }: MetricsSource): Promise<LedgerReading> {
  const [counts, lanes, oldestQueuedAt] = await Promise.all([
    ledger.count(),
    ledger.lanes(clock.now()),
    ledger.oldestQueuedAt(sweeps),
  ]);
  return { counts, lanes, oldestQueuedAt };
}

/** Undefined when the ledger fails, or does not answer in time. */
function inTime<T>(ask: () => Promise<T>): Promise<T | undefined> {
  const timeout = AbortSignal.timeout(LEDGER_TIMEOUT_MS);
  const late = new Promise<undefined>((resolve) => {
    timeout.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([ask().catch(() => undefined), late]);
}

function showLedger(
  gauges: ReturnType<typeof createGauges>,
  { clock, providers }: MetricsSource,
  reading: LedgerReading | undefined,
): void {
  const { ledgerUp, entries, oldestQueued, paused } = gauges;
  ledgerUp.set(reading ? 1 : 0);
  entries.reset();
  // A gauge without labels would only be reset to 0.
  oldestQueued.remove();
  paused.reset();
  if (!reading) return;
  const now = clock.now();
  for (const state of STATES) entries.set({ state }, 0);
  for (const { state, entries: number } of reading.counts) entries.inc({ state }, number);
  oldestQueued.set(Math.max(0, now - (reading.oldestQueuedAt ?? now)) / SECOND_MS);
  for (const provider of providers) {
    const lane = reading.lanes.find((each) => each.provider === provider);
    paused.set({ provider }, lane && (lane.parked || lane.pausedUntil > now) ? 1 : 0);
  }
}
