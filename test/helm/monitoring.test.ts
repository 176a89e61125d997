import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  PrometheusRule,
  ServiceMonitor,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { all, CHART, HELM, only, render, WITHOUT_HELM } from './render.ts';

/** The metrics that are promised, with the labels that the chart may use. */
const METRICS: Readonly<Record<string, readonly string[]>> = {
  quash_http_requests_total: ['status', 'route'],
  quash_tokens_received_total: ['result'],
  quash_revocations_total: ['provider', 'outcome'],
  quash_attempts_total: ['provider', 'result'],
  quash_revocation_seconds: [],
  quash_upstream_request_seconds: ['provider'],
  quash_ledger_entries: ['state'],
  quash_oldest_queued_seconds: [],
  quash_provider_paused: ['provider'],
  quash_build_info: [],
  quash_ledger_durable: [],
  quash_ledger_up: [],
  quash_ledger_writable: [],
  quash_notice_deliveries_total: ['channel', 'result'],
  quash_notices_missed_total: [],
};
const FULL = { values: ['redis-full-values.yaml'] };

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

async function alerts(): Promise<readonly Rule[]> {
  const { spec } = only(await render(FULL), PrometheusRule);
  return (spec?.groups ?? []).flatMap(({ rules }) => (rules ?? []) as unknown as readonly Rule[]);
}

/** What an expression asks for that is not promised. */
function unknownIn(expr: string): readonly string[] {
  const names = [...expr.matchAll(/\bquash_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''));
  const promised = names.flatMap((name) => METRICS[name] ?? []);
  const labels = [...expr.matchAll(/(\w+)(?:=|!=|=~)"/g)].map((match) => match[1] ?? '');
  const groups = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(', '));
  const known = [...promised, 'namespace', 'job', 'le'];
  return [
    ...names.filter((name) => !(name in METRICS)),
    ...[...labels, ...groups].filter((label) => !known.includes(label)),
  ];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

async function dashboardOf(
  release: string,
): Promise<{ readonly file: string; readonly dashboard: Dashboard }> {
  const objects = await render({ ...FULL, release });
  const map = all(objects, ConfigMap).find(({ metadata }) => metadata.name.endsWith('-dashboard'));
  expect(map?.metadata.labels?.grafana_dashboard).toBe('1');
  const [[file, text] = ['', ''], ...others] = Object.entries(map?.data ?? {});
  expect(others).toEqual([]);
  return { file, dashboard: JSON.parse(text) };
}

describe.skipIf(!HELM)(`metrics${WITHOUT_HELM}`, () => {
  it('are fetched from the admin port of every kind of pod', async () => {
    const objects = await render(FULL);
    const { spec } = only(objects, ServiceMonitor);
    expect(spec.endpoints).toEqual([{ port: 'admin', path: '/metrics', interval: '30s' }]);
    const found = all(objects, Service).filter(({ metadata }) =>
      Object.entries(spec.selector.matchLabels ?? {}).every(
        ([key, value]) => metadata.labels?.[key] === value,
      ),
    );
    const scraped = found.filter((service) => service.spec?.ports?.some(({ name }) => name === 'admin'));
    expect(scraped.map(({ metadata }) => metadata.name)).toEqual(['rel-quash-admin', 'rel-quash-worker']);
  });
});

describe.skipIf(!HELM)(`alerts${WITHOUT_HELM}`, () => {
  it('watch what needs a person', async () => {
    expect((await alerts()).map(({ alert }) => alert)).toEqual([
      'QuashDown',
      'QuashLedgerNotWritable',
      'QuashLedgerNotDurable',
      'QuashReportsRefused',
      'QuashOldestQueued',
      'QuashAttentionGrows',
      'QuashApprovalWaits',
      'QuashProviderPaused',
      'QuashFailedAuthentications',
      'QuashNoticesFail',
      'QuashNoticesLost',
    ]);
  });

  it('ask only for metrics and labels that are promised, of this release alone', async () => {
    for (const { alert, expr } of await alerts()) {
      expect([alert, unknownIn(expr)]).toEqual([alert, []]);
      const selectors = [...expr.matchAll(/quash_\w+\{([^}]*)\}/g)].map((match) => match[1] ?? '');
      expect(selectors.length).toBeGreaterThan(0);
      for (const selector of selectors)
        expect(selector).toMatch(
          /^namespace="security",job=(~"rel-quash-\(admin\|worker\)"|"rel-quash-(admin|worker)")/,
        );
    }
  });

  it('say what happened, where, and what to do', async () => {
    for (const { labels, annotations } of await alerts()) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/^[A-Z].+\.$/);
      expect(annotations.description).toContain('rel-quash in namespace security');
      expect(annotations.description?.length).toBeGreaterThan(200);
    }
  });

  it('are all explained in the README', async () => {
    const readme = readFileSync(join(CHART, 'README.md'), 'utf8');
    for (const { alert } of await alerts()) expect(readme).toContain(`\`${alert}\``);
  });

  it('would be caught asking for something else', () => {
    expect(unknownIn('sum by (reason) (quash_nonsense_total{code="1"})')).toEqual([
      'quash_nonsense_total',
      'code',
      'reason',
    ]);
  });
});

describe.skipIf(!HELM)(`the dashboard${WITHOUT_HELM}`, () => {
  it('asks only for metrics that are promised, and shows each but build, ledger and notices', async () => {
    const { dashboard } = await dashboardOf('rel');
    const exprs = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(exprs.flatMap(unknownIn)).toEqual([]);
    const shown = Object.keys(METRICS).filter((name) => exprs.some((expr) => expr.includes(name)));
    expect(Object.keys(METRICS).filter((name) => !shown.includes(name))).toEqual([
      'quash_build_info',
      'quash_ledger_durable',
      'quash_ledger_up',
      'quash_ledger_writable',
      'quash_notice_deliveries_total',
      'quash_notices_missed_total',
    ]);
  });

  it('is of one release: Grafana would refuse a second one of the same id, title or file', async () => {
    const [a, b] = await Promise.all(['a', 'b'].map(dashboardOf));
    expect(a?.file).not.toBe(b?.file);
    expect(a?.dashboard.uid).not.toBe(b?.dashboard.uid);
    expect(a?.dashboard.title).not.toBe(b?.dashboard.title);
    const variables = Object.fromEntries(
      (a?.dashboard.templating.list ?? []).map(({ name, query }) => [name, query]),
    );
    expect(variables).toMatchObject({ namespace: 'security', job: 'a-quash-(admin|worker)' });
  });
});
