/** The chart's alerts in Prometheus' own evaluation, over what the pods of an installation really give. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { ConfigMap } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/observe/metrics.ts';
import { all, HELM, only, type RenderOptions, render, WITHOUT_HELM } from '../helm/render.ts';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { pathOf, peer, suiteName } from './install.ts';

const promtool = peer('promtool');

/** Values of one series one after another, each for so many minutes; undefined where its pod is not there. */
type Course = readonly (readonly [number | undefined, number])[];
type Courses = Readonly<Record<string, Course>>;

interface Pod {
  readonly name: string;
  /** By which it is scraped. */
  readonly service: string;
  /** When it is there; default is always. */
  readonly life?: Course;
  /** By what {@link seriesOfAPod} has. */
  readonly courses?: Courses;
}

interface Case {
  readonly title: string;
  readonly pods: readonly Pod[];
  /** What fires, by minutes since the beginning: the alert's name, and what tells it from others of its name. */
  readonly fires: Readonly<Record<number, readonly string[]>>;
}

const LONG = 300;

/** What a pod gives once everything that alerts are about has happened: names with labels, and the values of a quiet time. */
async function seriesOfAPod(): Promise<ReadonlyMap<string, number>> {
  const metrics = createMetrics();
  metrics.observe({ type: 'ledger-durability', durable: true });
  for (const [route, status] of Object.entries(ONLY_IN_CASES)) {
    metrics.observe({ type: 'http-answered', method: 'POST', route, status, durationMs: 1 });
  }
  const outcome = { kind: 'revoked', verified: true } as const;
  metrics.observe({ ...OF_A_TOKEN, type: 'settled', state: 'done', outcome, sinceReportMs: 1 });
  metrics.observe({ ...OF_A_TOKEN, type: 'attempted', result: 'revoked', durationMs: 1 });
  metrics.observe({ type: 'notice-sent', channel: 'ops', announcements: 1 });
  metrics.observe({ type: 'notice-failed', channel: 'ops', code: 'timeout', message: 'x', until: 0 });
  const { text } = await metrics.render({
    ledger: { count: async () => [], lanes: async () => [], oldestQueuedAt: async () => undefined },
    ...{ clock: { now: () => 0 }, providers: ['gitlab', 'slack'], sweeps: 'sweeps', ready: async () => {} },
  });
  const lines = text.split('\n').filter((line) => /^quash_(?!\w+_bucket)/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

const OF_A_TOKEN = { provider: 'slack', id: 'x' } as const;
/** Statuses by route that begin with their first event. */
const ONLY_IN_CASES = {
  '/readyz': 503,
  '/sign-in/callback': 503,
  '/v1/revoke_tokens': 400,
  '/api/stats': 401,
};
const BEGINS_LATE =
  /^quash_(notice_deliveries|attempts|revocations)|route="\/(readyz|sign-in|api)|status="400"/;

/** With the labels that come from the ServiceMonitor. */
function inputOf(known: ReadonlyMap<string, number>, { name, service, life, courses = {} }: Pod) {
  const unknown = Object.keys(courses).filter((series) => !known.has(series));
  if (unknown.length > 0) throw new Error(`No pod gives ${unknown.join(', ')}.`);
  const place = `namespace="security",job="${service}",service="${service}",pod="${name}",instance="${name}:9090"`;
  return [...known].flatMap(([series, quiet]) => {
    const always = life ?? [[1, LONG]];
    const usual = always.map(([there, minutes]) => [there && quiet, minutes] as const);
    const course = courses[series] ?? (BEGINS_LATE.test(series) ? undefined : usual);
    if (course === undefined) return [];
    const [metric = '', labels = ''] = series.split(/[{}]/);
    const all = [labels, place].filter((each) => each !== '').join();
    return { series: `${metric}{${all}}`, values: course.map(toValues).join(' ') };
  });
}

/** In samples of half a minute; Prometheus marks the end of a series whose pod is gone. */
function toValues([value, minutes]: Course[number]): string {
  return value === undefined ? `stale _x${2 * minutes - 1}` : `${value}x${2 * minutes - 1}`;
}

/** Names of alerts, each with the one label that tells it from others of its name. */
const NAMED = `label_join(ALERTS{alertstate="firing"}, "of", " ", "alertname", "job", "route", "provider", "channel")`;
const FIRING = `count by (of) (label_replace(label_replace(${NAMED},
  "of", "$1 $2", "of", "([^ ]+) +([^ ]+) *"), "of", "$1", "of", "([^ ]+) *"))`;

/** @returns what Prometheus says of those that do not come out; undefined when all do */
async function failuresOf(cases: readonly Case[], options: RenderOptions): Promise<string | undefined> {
  const known = await seriesOfAPod();
  const tests = cases.map(({ title, pods, fires }) => ({
    ...{ name: title, interval: '30s', input_series: pods.flatMap((pod) => inputOf(known, pod)) },
    promql_expr_test: Object.entries(fires).map(([minutes, alerts]) => ({
      ...{ expr: `# ${title}\n${FIRING}`, eval_time: `${minutes}m20s` },
      exp_samples: alerts.map((of) => ({ labels: `{of="${of}"}`, value: 1 })),
    })),
  }));
  const { spec } = only(await render(options), PrometheusRule);
  return failureOf({ groups: spec?.groups }, tests);
}

/** @returns what promtool says of tests that fail; undefined when all pass */
async function failureOf(rules: unknown, tests: readonly object[]): Promise<string | undefined> {
  const folder = temporaryFolder();
  const write = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const rule_files = [write('rules.json', rules)];
  const file = write('tests.json', { rule_files, evaluation_interval: '20s', tests });
  const { code, stdout, stderr } = await runChild(pathOf(promtool), ['test', 'rules', file]);
  return code === 0 ? undefined : `${stdout}${stderr}`;
}

const admin = (name: string, more: Partial<Pod> = {}): Pod => ({ name, service: 'rel-quash-admin', ...more });
const worker = (name: string, more: Partial<Pod> = {}): Pod => ({
  name,
  service: 'rel-quash-worker',
  ...more,
});
/** Two of each, of which the first has these courses. */
const replicas = (courses: Courses): readonly Pod[] => [
  ...[admin('api-1', { courses }), admin('api-2'), worker('worker-1'), worker('worker-2')],
];
/** All tell the same of the ledger. */
const allSay = (courses: Courses): readonly Pod[] => replicas({}).map((pod) => ({ ...pod, courses }));

const CALL = 'quash_http_requests_total{method="POST",route="/v1/revoke_tokens"';
const TYPES = 'quash_http_requests_total{method="GET",route="/v1/revocable_token_types"';
const ATTENTION = 'quash_ledger_entries{state="attention"}';
const PAUSED = 'quash_provider_paused{provider="slack"}';
const FAILED = 'quash_notice_deliveries_total{channel="ops",result="failed"}';

const CASES: readonly Case[] = [
  {
    title: 'all is well, and one pod of two ends, restarts, or is another one',
    pods: [
      ...[
        admin('api-1'),
        admin('api-2', {
          life: [
            [1, 20],
            [undefined, 40],
            [1, 60],
          ],
        }),
      ],
      ...[
        worker('worker-1', {
          life: [
            [1, 30],
            [undefined, LONG],
          ],
        }),
        worker('worker-2'),
      ],
    ],
    fires: { 5: [], 25: [], 70: [], 110: [] },
  },
  {
    title: 'all workers are gone while reports are taken, and come again',
    pods: [
      admin('api-1'),
      worker('worker-1', {
        life: [
          [1, 10],
          [undefined, 20],
          [1, 60],
        ],
      }),
    ],
    fires: { 14: [], 17: ['QuashDown rel-quash-worker'], 29: ['QuashDown rel-quash-worker'], 32: [] },
  },
  {
    title: 'nobody takes reports, although the pods of another release do',
    pods: [
      ...[
        admin('api-1', {
          life: [
            [1, 10],
            [undefined, LONG],
          ],
        }),
        worker('worker-1'),
      ],
      ...[
        { name: 'other', service: 'other-quash-admin' },
        { name: 'x', service: 'rel-quash-admin-admin' },
      ],
    ],
    fires: { 17: ['QuashDown rel-quash-admin'] },
  },
  {
    title: 'one report is answered with 503, the first of this pod',
    pods: replicas({
      [`${CALL},status="503"}`]: [
        [0, 10],
        [1, LONG],
      ],
    }),
    fires: { 9: [], 14: ['QuashLedgerNotWritable'], 25: [] },
  },
  {
    title: 'a pod that restarts at once has had its 503 long ago',
    pods: replicas({
      [`${CALL},status="503"}`]: [
        [5, 40],
        [undefined, 1],
        [0, LONG],
      ],
    }),
    fires: { 30: [], 45: [] },
  },
  {
    title: 'pods end, and nobody can sign in: 503 as well',
    pods: replicas({
      'quash_http_requests_total{method="POST",route="/readyz",status="503"}': [
        [0, 10],
        [9, LONG],
      ],
      'quash_http_requests_total{method="POST",route="/sign-in/callback",status="503"}': [
        [0, 10],
        [9, LONG],
      ],
    }),
    fires: { 15: [] },
  },
  {
    title: 'the ledger takes nothing for one pod, which gets no report as it is not ready',
    pods: replicas({
      quash_ledger_writable: [
        [1, 10],
        [0, 20],
        [1, LONG],
      ],
    }),
    fires: { 11: [], 13: ['QuashLedgerNotWritable'], 29: ['QuashLedgerNotWritable'], 31: [] },
  },
  {
    title: 'the ledger cannot be read, so that nothing is known of it',
    pods: allSay({
      quash_ledger_up: [
        [1, 10],
        [0, 20],
        [1, LONG],
      ],
      ...{
        quash_ledger_writable: [
          [1, 10],
          [0, 20],
          [1, LONG],
        ],
        [PAUSED]: [
          [0, 10],
          [undefined, 20],
          [0, LONG],
        ],
      },
      [ATTENTION]: [
        [7, 10],
        [undefined, 20],
        [7, LONG],
      ],
      quash_oldest_queued_seconds: [
        [0, 10],
        [undefined, 20],
        [0, LONG],
      ],
    }),
    fires: { 20: ['QuashLedgerNotWritable'], 31: [], 60: [], 89: [], 91: [] },
  },
  {
    title: 'Redis may evict entries',
    pods: allSay({
      quash_ledger_durable: [
        [1, 10],
        [0, 60],
        [1, LONG],
      ],
    }),
    fires: { 20: [], 27: ['QuashLedgerNotDurable'], 72: [] },
  },
  {
    title: 'GitLab has another token',
    pods: replicas({
      [`${TYPES},status="401"}`]: [
        [0, 10],
        [1, 1],
        [2, 1],
        [3, 2],
        [4, LONG],
      ],
    }),
    fires: { 10: [], 14: ['QuashReportsRefused /v1/revocable_token_types'], 45: [] },
  },
  {
    title: "GitLab's webhook has another token, and its reports are taken",
    pods: replicas({
      'quash_http_requests_total{method="POST",route="/v1/gitlab/events",status="401"}': [
        [0, 10],
        [4, LONG],
      ],
      [`${CALL},status="204"}`]: [
        [0, 10],
        [4, LONG],
      ],
    }),
    fires: { 9: [], 12: ['QuashReportsRefused /v1/gitlab/events'], 45: [] },
  },
  {
    title: 'somebody has another token, and GitLab gets through at the other pod',
    pods: [
      admin('api-1', {
        courses: {
          [`${TYPES},status="401"}`]: [
            [0, 10],
            [9, LONG],
          ],
        },
      }),
      admin('api-2', {
        courses: {
          [`${TYPES},status="200"}`]: [
            [0, 9],
            [1, LONG],
          ],
        },
      }),
      worker('worker-1'),
    ],
    fires: { 15: [], 30: [] },
  },
  {
    title: 'each report is too large, and one with a bad element has its others accepted',
    pods: replicas({
      [`${TYPES},status="200"}`]: [
        [0, 10],
        [9, LONG],
      ],
      [`${CALL},status="413"}`]: [
        [0, 10],
        [3, 1],
        [4, LONG],
      ],
      [`${CALL},status="400"}`]: [
        [1, 10],
        [9, LONG],
      ],
    }),
    fires: { 14: ['QuashReportsRefused /v1/revoke_tokens'] },
  },
  {
    title: 'a bad element, again and again',
    pods: replicas({
      [`${CALL},status="400"}`]: [
        [1, 10],
        [9, LONG],
      ],
    }),
    fires: { 14: [] },
  },
  {
    title:
      'what was accepted without proof is verified for as long as that takes, and then one waits for longer',
    pods: allSay({
      quash_oldest_queued_seconds: [
        [5_100, 60],
        [0, 10],
        [5_500, 30],
        [0, LONG],
      ],
    }),
    fires: { 50: [], 75: [], 82: ['QuashOldestQueued'], 101: [] },
  },
  {
    title: 'more needs a person, whatever a person dismisses',
    pods: allSay({
      [ATTENTION]: [
        [5, 20],
        [2, 10],
        [5, LONG],
      ],
    }),
    fires: { 19: [], 29: [], 31: ['QuashAttentionGrows'], 85: ['QuashAttentionGrows'], 95: [] },
  },
  {
    title: 'all pods are others since half an hour, and the backlog is the old one',
    pods: [
      ...['1', '2'].map((n) =>
        admin(`api-${n}`, {
          life: [
            [1, 30],
            [undefined, LONG],
          ],
          courses: {
            [ATTENTION]: [
              [7, 30],
              [undefined, LONG],
            ],
          },
        }),
      ),
      ...['3', '4'].map((n) =>
        admin(`api-${n}`, {
          life: [
            [undefined, 31],
            [1, LONG],
          ],
          courses: {
            [ATTENTION]: [
              [undefined, 31],
              [7, LONG],
            ],
          },
        }),
      ),
      worker('worker-1', {
        courses: {
          [ATTENTION]: [
            [7, 30],
            [undefined, 2],
            [7, LONG],
          ],
        },
      }),
    ],
    fires: { 20: [], 40: [], 92: [], 100: [] },
  },
  {
    title: 'more than an hour is not seen, in which more came',
    pods: replicas({}).map((pod) => ({
      ...pod,
      life: [
        [1, 10],
        [undefined, 60],
        [1, LONG],
      ],
      courses: {
        [ATTENTION]: [
          [2, 10],
          [undefined, 70],
          [5, LONG],
        ],
        'quash_ledger_entries{state="held"}': [
          [3, 10],
          [undefined, 70],
          [3, LONG],
        ],
      },
    })),
    fires: { 9: [], 81: ['QuashAttentionGrows'], 130: ['QuashAttentionGrows'], 141: [] },
  },
  {
    title: 'two calls are refused, as a mistyped command may be',
    pods: replicas({
      [`${TYPES},status="401"}`]: [
        [0, 10],
        [1, 0.5],
        [2, LONG],
      ],
    }),
    fires: { 12: [], 30: [] },
  },
  {
    title: 'something is held',
    pods: allSay({
      'quash_ledger_entries{state="held"}': [
        [0, 10],
        [1, LONG],
      ],
    }),
    fires: { 9: [], 11: ['QuashApprovalWaits'], 75: [] },
  },
  {
    title: 'a vendor hangs: each pause is followed by a call that takes its time',
    pods: allSay({
      [PAUSED]: [
        [0, 10],
        ...Array.from(
          { length: 30 },
          () =>
            [
              [1, 1],
              [0, 0.5],
            ] as const,
        ).flat(),
        [0, LONG],
      ],
    }),
    fires: { 20: [], 40: ['QuashProviderPaused slack'], 80: [] },
  },
  {
    title: 'a vendor refuses now and then',
    pods: allSay({
      [PAUSED]: Array.from(
        { length: 60 },
        () =>
          [
            [1, 0.5],
            [0, 1.5],
          ] as const,
      ).flat(),
    }),
    fires: { 30: [], 60: [], 100: [] },
  },
  {
    title: 'a pod ended while the lane was paused, which soon went on',
    pods: [
      worker('worker-1', {
        life: [
          [1, 10],
          [undefined, LONG],
        ],
        courses: {
          [PAUSED]: [
            [undefined, 9],
            [1, 1],
            [undefined, LONG],
          ],
        },
      }),
      ...[
        worker('worker-2', {
          courses: {
            [PAUSED]: [
              [0, 9],
              [1, 1],
              [0, LONG],
            ],
          },
        }),
        admin('api-1'),
      ],
    ],
    fires: { 15: [], 25: [] },
  },
  {
    title: 'somebody guesses tokens',
    pods: replicas({
      [`${CALL},status="401"}`]: [
        [0, 10],
        [30, LONG],
      ],
      [`${CALL},status="204"}`]: [
        [0, 10],
        [1, LONG],
      ],
    }),
    fires: { 9: [], 11: ['QuashFailedAuthentications'], 30: [] },
  },
  {
    title: 'some mistype theirs',
    pods: replicas({
      'quash_http_requests_total{method="POST",route="/api/stats",status="401"}': [
        [undefined, 5],
        [3, 10],
        [9, LONG],
      ],
    }),
    fires: { 7: [], 17: [] },
  },
  {
    title: 'a receiver of notices is gone, is tried once an hour in the end, and comes again',
    pods: [
      ...[admin('api-1'), worker('worker-2')],
      worker('worker-1', {
        courses: {
          [FAILED]: [
            [undefined, 10],
            [1, 1],
            [2, 2],
            [4, 10],
            [5, 60],
            [6, 60],
            [7, LONG],
          ],
          'quash_notice_deliveries_total{channel="ops",result="delivered"}': [
            [undefined, 160],
            [1, LONG],
          ],
        },
      }),
    ],
    fires: { 20: [], 30: ['QuashNoticesFail ops'], 140: ['QuashNoticesFail ops'], 163: [] },
  },
  {
    title: 'the first news of two pods is delivered, by one of them at the third attempt',
    pods: [
      admin('api-1'),
      worker('worker-1', {
        courses: {
          [FAILED]: [
            [undefined, 10],
            [1, 1],
            [2, LONG],
          ],
        },
      }),
      worker('worker-2', {
        courses: {
          'quash_notice_deliveries_total{channel="ops",result="delivered"}': [
            [undefined, 12],
            [1, LONG],
          ],
        },
      }),
    ],
    fires: { 20: [], 30: [], 60: [] },
  },
  {
    title: 'a receiver fails now and then',
    pods: replicas({
      [FAILED]: [
        [1, 10],
        [2, 30],
        [3, LONG],
      ],
      'quash_notice_deliveries_total{channel="ops",result="delivered"}': [
        [7, 12],
        [8, 30],
        [9, LONG],
      ],
    }),
    fires: { 30: [], 60: [] },
  },
  {
    title: 'a receiver has missed some',
    pods: replicas({
      quash_notices_missed_total: [
        [0, 10],
        [3, LONG],
      ],
    }),
    fires: { 9: [], 11: ['QuashNoticesLost'], 75: [] },
  },
];

const REDIS = { values: ['redis-full-values.yaml'] };
const OF_ONE_POD = { set: ['prometheusRule.enabled=true', 'fullnameOverride=q'] };
const ONE_POD: readonly Case[] = [
  {
    title: 'the only pod restarts, and is gone later',
    pods: [
      {
        name: 'q-server-0',
        service: 'q-admin',
        life: [
          [1, 10],
          [undefined, 3],
          [1, 20],
          [undefined, LONG],
        ],
      },
    ],
    fires: { 14: [], 20: [], 40: ['QuashDown q-admin'] },
  },
];

describe.skipIf(promtool.missing ?? !HELM)(suiteName(`alerts${WITHOUT_HELM}`, promtool), () => {
  it('fire when they should, for as long, and not otherwise', async () => {
    expect(await failuresOf(CASES, REDIS)).toBeUndefined();
  });

  it('know the only pod of SQLite by the name that it is given', async () => {
    expect(await failuresOf(ONE_POD, OF_ONE_POD)).toBeUndefined();
  });

  it('would be told not to fire', async () => {
    const wrong = CASES.map((each) => ({ ...each, fires: { 1: ['QuashDown rel-quash-admin'] } })).slice(0, 1);
    expect(await failuresOf(wrong, REDIS)).toContain('FAILED');
  });
});

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

/** The queries of the dashboard as Grafana asks them, with the titles of their panels. */
async function queries(): Promise<readonly { readonly title: string; readonly expr: string }[]> {
  const map = all(await render(REDIS), ConfigMap).find(({ data = {} }) => 'security-rel-quash.json' in data);
  const dashboard = JSON.parse(map?.data?.['security-rel-quash.json'] ?? '');
  const values: Record<string, string> = { __rate_interval: '2m' };
  for (const { name, query } of dashboard.templating.list) values[name] = query;
  return dashboard.panels.flatMap(({ title, targets }: Panel) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll(/\$(\w+)/g, (_, name: string) => values[name] ?? ''),
    })),
  );
}

const SEEN: readonly Pod[] = [
  ...[admin('api-1'), worker('worker-1')],
  worker('worker-2', {
    courses: {
      'quash_revocations_total{provider="slack",outcome="revoked"}': [
        [undefined, 20],
        [1, 30],
        [3, LONG],
      ],
      'quash_attempts_total{provider="slack",result="revoked"}': [
        [undefined, 20],
        [1, 30],
        [3, LONG],
      ],
      'quash_provider_paused{provider="slack"}': [
        [0, 20],
        [1, LONG],
      ],
    },
  }),
];

describe.skipIf(promtool.missing ?? !HELM)(suiteName(`the dashboard${WITHOUT_HELM}`, promtool), () => {
  it('shows what happened for the first time, and nothing where nothing happens', async () => {
    const known = await seriesOfAPod();
    const asked = await queries();
    const shows = (title: string, minutes: number, labels: string, value: number) => ({
      ...{
        expr: asked.find((query) => query.title === title)?.expr,
        eval_time: `${minutes}m`,
        exp_samples: [{ labels, value }],
      },
    });
    const outcome = 'Revocations by outcome';
    const attempts = 'Attempts by provider and result';
    const tests = [
      {
        ...{ interval: '30s', input_series: SEEN.flatMap((pod) => inputOf(known, pod)) },
        promql_expr_test: [
          ...[shows(outcome, 21, '{outcome="revoked"}', 1), shows(outcome, 40, '{outcome="revoked"}', 0)],
          shows(attempts, 21, '{provider="slack",result="revoked"}', 1),
          ...[shows('Paused providers', 10, '{}', 0), shows('Needs attention', 10, '{}', 0)],
        ],
      },
    ];
    expect(await failureOf({ groups: [] }, tests)).toBeUndefined();
  });

  it('takes nothing for new that was not seen for more than an hour', async () => {
    const asked = await queries();
    const of = 'namespace="security",job="rel-quash-worker",instance="worker-1:9090"';
    const ofOther = 'namespace="security",job="rel-quash-worker",instance="worker-2:9090"';
    const seen = (value: number) => `${value}x20 _x180 ${value}x20`;
    const tests = [
      {
        interval: '30s',
        input_series: [
          { series: `quash_revocations_total{${of},provider="slack",outcome="revoked"}`, values: seen(900) },
          { series: `process_start_time_seconds{${of}}`, values: seen(0) },
          // Seen all the time, and its first one.
          {
            series: `quash_revocations_total{${ofOther},provider="slack",outcome="accepted"}`,
            values: '_x201 1x40',
          },
          { series: `process_start_time_seconds{${ofOther}}`, values: '0x300' },
        ],
        promql_expr_test: [
          {
            expr: asked.find(({ title }) => title === 'Revocations by outcome')?.expr,
            eval_time: '101m30s',
            exp_samples: [
              { labels: '{outcome="revoked"}', value: 0 },
              { labels: '{outcome="accepted"}', value: 1 },
            ],
          },
        ],
      },
    ];
    expect(await failureOf({ groups: [] }, tests)).toBeUndefined();
  });

  it('asks what Prometheus can answer', async () => {
    const exprs = (await queries()).map(({ expr }) => expr);
    expect(exprs.length).toBeGreaterThan(10);
    const rules = exprs.map((expr, index) => ({ record: `query_${index}`, expr }));
    expect(await failureOf({ groups: [{ name: 'dashboard', rules }] }, [])).toBeUndefined();
  });
});
