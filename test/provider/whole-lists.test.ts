/** That no list which comes in one piece is taken for whole once it says that it goes on. */
import { expect, it, onTestFinished } from 'vitest';
import { cases as mattermost } from '../../providers/mattermost/cases.ts';
import { cases as neon } from '../../providers/neon/cases.ts';
import { cases as sendbird } from '../../providers/sendbird/cases.ts';
import { cases as sentry } from '../../providers/sentry/cases.ts';
import { cases as sonarqube } from '../../providers/sonarqube/cases.ts';
import { cases as supabase } from '../../providers/supabase/cases.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../contract/bench.ts';
import type { ProviderSpec } from '../contract/spec.ts';
import type { Exchange } from '../support/scripted-upstream.ts';

/** With the number of the call that reads it, the last one where that proves a death. */
// biome-ignore lint/suspicious/noExplicitAny: each provider has its own configuration.
const LISTS: readonly (readonly [ProviderSpec<any>, number])[] = [
  ...mattermost.map((spec) => [spec, 4] as const),
  ...neon.map((spec) => [spec, 2] as const),
  ...sendbird.map((spec) => [spec, 4] as const),
  ...sentry.map((spec) => [spec, 3] as const),
  ...sonarqube.map((spec) => [spec, 3] as const),
  ...supabase.map((spec) => [spec, 4] as const),
];

const TESTS = LISTS.map(([spec, call]) => [spec.definition.id, spec.kind, spec, call] as const);

/** The script in which a token is revoked, where one call, or each, is answered with these headers. */
// biome-ignore lint/suspicious/noExplicitAny: each provider has its own configuration.
async function runWith(spec: ProviderSpec<any>, headers: Readonly<Record<string, string>>, call?: number) {
  const script: readonly Exchange[] = spec.scripts.revoked.exchanges.map(({ expect, answer }, index) => ({
    expect,
    answer: call === undefined || index === call - 1 ? { ...answer, headers } : answer,
  }));
  const bench = await startBench(spec.definition, spec.config, script);
  onTestFinished(() => bench.close());
  const options = { kind: spec.kind, ...(spec.context !== undefined && { context: spec.context }) };
  return runStep(bench, new Secret(spec.token), options);
}

it.each(TESTS)('%s reads no %s out of a list that goes on', async (_id, _kind, spec, call) => {
  const step = runWith(spec, { link: '</next>; rel="next"; results="true"' }, call);
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it.each(TESTS)('%s reads %s out of a list that ends', async (_id, _kind, spec) => {
  const { result } = await runWith(spec, {
    date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    link: '</first>; rel="first", </last>; rel="last", </previous>; rel="previous"; results="false"',
    'x-next-page': '',
  });
  expect(result.outcome).toBe('revoked');
});
