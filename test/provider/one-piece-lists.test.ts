/** That no provider takes the only record of a list for the leaked token's where the list says that it goes on. */
import { expect, it, onTestFinished } from 'vitest';
import { cases as atlassian } from '../../providers/atlassian/cases.ts';
import { cases as dataCenter } from '../../providers/atlassian-data-center/cases.ts';
import { cases as meraki } from '../../providers/cisco-meraki/cases.ts';
import { cases as databricks } from '../../providers/databricks/cases.ts';
import { cases as grafana } from '../../providers/grafana/cases.ts';
import { cases as langfuse } from '../../providers/langfuse/cases.ts';
import { cases as langsmith } from '../../providers/langsmith/cases.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../contract/bench.ts';
import type { ProviderSpec } from '../contract/spec.ts';
import type { Exchange } from '../support/scripted-upstream.ts';

// biome-ignore lint/suspicious/noExplicitAny: each provider has its own configuration.
type Cases = readonly ProviderSpec<any>[];

/** With the configuration, where that of the cases has others asked as well. */
const LISTS: readonly (readonly [Cases, RegExp, object?])[] = [
  [atlassian, /\/manage\/api-tokens$/],
  [dataCenter, /\/rest\/pat\/latest\/tokens$/],
  [meraki, /\/api\/keys$/],
  [databricks, /\/token\/list$/],
  [grafana, /\/serviceaccounts\/\d+\/tokens$/],
  [langfuse, /\/apiKeys$/],
  [langsmith, /\/personal-access-tokens$/, { hosts: ['https://api.smith.langchain.com'] }],
  [langsmith, /\/service-keys$/],
];

const MORE = { link: '</next>; rel="next"' };

function isOf(list: RegExp) {
  return ({ expect: { method, path } }: Exchange) => method === 'GET' && list.test(path);
}

const lists = LISTS.flatMap(([cases, list, config]) =>
  cases
    .filter(({ scripts }) => scripts.revoked.exchanges.some(isOf(list)))
    .map((spec) => {
      const configured = config ? { ...spec, config: () => config } : spec;
      return [spec.definition.id, spec.kind, configured, list] as const;
    }),
);

it('has all of these lists', () => {
  expect(new Set(lists.map(([, , , list]) => list)).size).toBe(LISTS.length);
});

it.each(lists)('%s revokes no %s out of a list that goes on', async (_id, kind, spec, list) => {
  const { exchanges } = spec.scripts.revoked;
  const at = exchanges.findIndex(isOf(list));
  const cut = exchanges.slice(0, at + 1).map(({ expect: call, answer }, index) => ({
    expect: call,
    answer: index === at && 'status' in answer ? { ...answer, headers: MORE } : answer,
  }));
  const bench = await startBench(spec.definition, spec.config, cut as Exchange[]);
  onTestFinished(() => bench.close());
  const options = { kind, ...(spec.context !== undefined && { context: spec.context }) };

  await expect(runStep(bench, new Secret(spec.token), options)).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
  bench.verify();
});
