import { describe, expect, it } from 'vitest';
import type { LaneState } from '../../src/ledger/lane-state.ts';
import { createMetrics, type Metrics, type MetricsSource } from '../../src/observe/metrics.ts';

const NOW = 1_000_000_000;

function lane(provider: string, state: Partial<LaneState>): LaneState {
  return {
    ...{ provider, epoch: 0, streak: 0, pausedUntil: 0, reason: null, parked: false },
    ...{ mode: null, lastDoneAt: null, revokedLastHour: 0, valveOpensAt: null, shareOpensAt: null },
    ...state,
  };
}

function source(ledger: Partial<MetricsSource['ledger']> = {}, ready = async () => {}): MetricsSource {
  return {
    ledger: {
      count: async () => [],
      lanes: async () => [],
      oldestQueuedAt: async () => undefined,
      ...ledger,
    },
    clock: { now: () => NOW },
    providers: ['gitlab', 'slack', 'gocd'],
    sweeps: 'gitlab-sweep',
    ready,
  };
}

/** The lines of one metric, without help and type. */
async function shown(metrics: Metrics, name: string, from = source()): Promise<readonly string[]> {
  const { text } = await metrics.render(from);
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('what is counted', () => {
  it('are tokens by what became of them, from zero on', async () => {
    const metrics = createMetrics();
    expect(await shown(metrics, 'quash_tokens_received_total')).toContain(
      'quash_tokens_received_total{result="created"} 0',
    );
    metrics.observe({
      type: 'report-accepted',
      caller: 'ci',
      created: 3,
      repeated: 2,
      invalid: 1,
      ignored: 0,
      reasons: {},
    });
    expect(await shown(metrics, 'quash_tokens_received_total')).toEqual([
      'quash_tokens_received_total{result="created"} 3',
      'quash_tokens_received_total{result="repeated"} 2',
      'quash_tokens_received_total{result="invalid"} 1',
    ]);
    expect(await shown(metrics, 'quash_caller_tokens_total{')).toEqual([
      'quash_caller_tokens_total{caller="ci"} 6',
    ]);
  });

  it('are requests, with one label for all methods that nobody should use', async () => {
    const metrics = createMetrics();
    for (const method of ['POST', 'POST', 'PROPFIND', 'LOCK']) {
      metrics.observe({
        type: 'http-answered',
        method,
        route: '/v1/revoke_tokens',
        status: 401,
        durationMs: 1,
      });
    }
    const counted = await shown(metrics, 'quash_http_requests_total');
    expect(counted.filter((line) => !line.endsWith(' 0'))).toEqual([
      'quash_http_requests_total{method="POST",route="/v1/revoke_tokens",status="401"} 2',
      'quash_http_requests_total{method="other",route="/v1/revoke_tokens",status="401"} 2',
    ]);
  });

  it('are calls of GitLab from zero on, so that the first that is refused is a rise', async () => {
    const counted = await shown(createMetrics(), 'quash_http_requests_total');
    for (const of of [
      'method="GET",route="/v1/revocable_token_types",status="401"',
      'method="POST",route="/v1/revoke_tokens",status="204"',
      'method="POST",route="/v1/revoke_tokens",status="503"',
      'method="POST",route="/v1/gitlab/events",status="503"',
    ]) {
      expect(counted).toContain(`quash_http_requests_total{${of}} 0`);
    }
  });

  it('are ends by outcome, and how long a token that died had been known', async () => {
    const metrics = createMetrics();
    const entry = { type: 'settled', provider: 'gitlab', id: 'x', sinceReportMs: 4_000 } as const;
    metrics.observe({ ...entry, state: 'done', outcome: { kind: 'revoked', verified: true } });
    metrics.observe({ ...entry, state: 'done', outcome: { kind: 'would-revoke', verified: false } });
    metrics.observe({ ...entry, state: 'attention', outcome: { kind: 'refused', verified: false } });
    metrics.observe({ ...entry, state: 'held' });
    expect(await shown(metrics, 'quash_revocations_total')).toEqual([
      'quash_revocations_total{provider="gitlab",outcome="revoked"} 1',
      'quash_revocations_total{provider="gitlab",outcome="would-revoke"} 1',
      'quash_revocations_total{provider="gitlab",outcome="refused"} 1',
    ]);
    expect(await shown(metrics, 'quash_revocation_seconds')).toEqual(
      expect.arrayContaining([
        'quash_revocation_seconds_bucket{le="2.5"} 0',
        'quash_revocation_seconds_bucket{le="5"} 1',
        'quash_revocation_seconds_count 1',
      ]),
    );
  });

  it('is what channels were never told, from zero on', async () => {
    const metrics = createMetrics();
    expect(await shown(metrics, 'quash_notices_missed_total')).toEqual(['quash_notices_missed_total 0']);
    metrics.observe({ type: 'notices-missed', channel: 'ops', announcements: 7, message: 'x' });
    expect(await shown(metrics, 'quash_notices_missed_total')).toEqual(['quash_notices_missed_total 7']);
  });

  it('are deliveries to each channel, whatever number of announcements they had', async () => {
    const metrics = createMetrics();
    metrics.observe({ type: 'notice-sent', channel: 'ops', announcements: 7 });
    metrics.observe({ type: 'notice-failed', channel: 'ops', code: 'timeout', message: 'x', until: NOW });
    metrics.observe({ type: 'notice-failed', channel: 'ops', code: 'timeout', message: 'x', until: NOW });
    expect(await shown(metrics, 'quash_notice_deliveries_total')).toEqual([
      'quash_notice_deliveries_total{channel="ops",result="delivered"} 1',
      'quash_notice_deliveries_total{channel="ops",result="failed"} 2',
    ]);
  });

  it('are steps by their result, and calls of providers by their time', async () => {
    const metrics = createMetrics();
    metrics.observe({ type: 'attempted', provider: 'gocd', id: 'x', result: 'timeout', durationMs: 1 });
    const call = { type: 'upstream-called', provider: 'gocd', target: 'https://ci.example.com' } as const;
    metrics.observe({ ...call, status: 200, durationMs: 40 });
    expect(await shown(metrics, 'quash_attempts_total')).toEqual([
      'quash_attempts_total{provider="gocd",result="timeout"} 1',
    ]);
    expect(await shown(metrics, 'quash_upstream_request_seconds')).toEqual(
      expect.arrayContaining([
        'quash_upstream_request_seconds_bucket{le="0.025",provider="gocd"} 0',
        'quash_upstream_request_seconds_bucket{le="0.05",provider="gocd"} 1',
      ]),
    );
  });

  it('is kept apart from that of another service in the same process', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.observe({
      type: 'report-accepted',
      caller: 'ci',
      created: 3,
      repeated: 0,
      invalid: 0,
      ignored: 0,
      reasons: {},
    });
    expect(await shown(other, 'quash_tokens_received_total{result="created"}')).toEqual([
      'quash_tokens_received_total{result="created"} 0',
    ]);
  });
});

describe('what is shown of the ledger', () => {
  it('are entries by state over all providers, zeros included', async () => {
    const count = async () => [
      { provider: 'gitlab', state: 'queued', entries: 2 } as const,
      { provider: 'slack', state: 'queued', entries: 3 } as const,
      { provider: 'slack', state: 'done', entries: 7 } as const,
    ];
    expect(await shown(createMetrics(), 'quash_ledger_entries', source({ count }))).toEqual([
      'quash_ledger_entries{state="queued"} 5',
      'quash_ledger_entries{state="held"} 0',
      'quash_ledger_entries{state="attention"} 0',
      'quash_ledger_entries{state="done"} 7',
      'quash_ledger_entries{state="dismissed"} 0',
    ]);
  });

  it.each([
    ['the age of the oldest that is queued', NOW - 90_500, 90.5],
    ['no age when nothing is queued', undefined, 0],
    ['no negative age where another replica runs ahead', NOW + 5_000, 0],
  ])('is %s', async (_, oldest, seconds) => {
    const from = source({ oldestQueuedAt: async () => oldest });
    expect(await shown(createMetrics(), 'quash_oldest_queued_seconds', from)).toEqual([
      `quash_oldest_queued_seconds ${seconds}`,
    ]);
  });

  it('is not the age of a sweep, which may take days', async () => {
    const ages = { '': NOW - 90_000, 'gitlab-sweep': NOW - 5_000 };
    const oldestQueuedAt = async (apartFrom?: string) => ages[apartFrom as keyof typeof ages];
    expect(await shown(createMetrics(), 'quash_oldest_queued_seconds', source({ oldestQueuedAt }))).toEqual([
      'quash_oldest_queued_seconds 5',
    ]);
  });

  it('is which of the enabled providers stand still', async () => {
    const lanes = async () => [
      lane('gitlab', { pausedUntil: NOW + 1 }),
      lane('slack', { pausedUntil: NOW - 1, streak: 1 }),
      lane('gocd', { parked: true }),
      lane('turned-off', { parked: true }),
    ];
    expect(await shown(createMetrics(), 'quash_provider_paused', source({ lanes }))).toEqual([
      'quash_provider_paused{provider="gitlab"} 1',
      'quash_provider_paused{provider="slack"} 0',
      'quash_provider_paused{provider="gocd"} 1',
    ]);
  });

  it('is nothing but that it is down while it cannot be read, and all again afterwards', async () => {
    const metrics = createMetrics();
    const down = source({ count: () => Promise.reject(new Error('down')) });
    const ofLedger = /^quash_(?:ledger|oldest|provider)\w*/;
    const linesOf = async (from: MetricsSource) =>
      (await metrics.render(from)).text.split('\n').filter((line) => ofLedger.test(line));
    const up = await linesOf(source());
    expect(up).toContain('quash_ledger_up 1');
    expect(await linesOf(down)).toEqual(['quash_ledger_up 0', 'quash_ledger_writable 1']);
    expect(await linesOf(source())).toEqual(up);
  });

  it('keeps no scrape waiting when the ledger does not answer', async () => {
    const hanging = source({ lanes: () => new Promise(() => {}) }, () => new Promise(() => {}));
    expect(await shown(createMetrics(), 'quash_ledger_', hanging)).toEqual([
      'quash_ledger_up 0',
      'quash_ledger_writable 0',
    ]);
  });

  it.each([
    ['can be written', async () => {}, 1],
    ['takes nothing, although it is read', () => Promise.reject(new Error('read-only')), 0],
  ])('is that it %s', async (_, ready, value) => {
    const metrics = createMetrics();
    const from = source({}, ready);
    expect(await shown(metrics, 'quash_ledger_writable', from)).toEqual([`quash_ledger_writable ${value}`]);
    expect(await shown(metrics, 'quash_ledger_up', from)).toEqual(['quash_ledger_up 1']);
  });
});

it('says which version runs, and how the process does', async () => {
  const { text, contentType } = await createMetrics().render(source());
  expect(contentType).toMatch(/^text\/plain/);
  expect(text).toMatch(/^quash_build_info\{version="[\d.]+",node="v\d+\.[\d.]+"\} 1$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
});
