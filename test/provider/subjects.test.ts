/** Whose a token is and what it reaches, as the answers tell that are fetched anyway. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Subject } from '../../src/words/subject.ts';
import { runStep, startBench } from '../contract/bench.ts';
import type { ProviderSpec } from '../contract/provider-suite.ts';

const PROVIDERS = resolve(import.meta.dirname, '../../providers');

/** Of the first case of each provider in which something is told once its token was revoked. */
const TOLD: Readonly<Record<string, Subject>> = {
  atlassian: { owner: 'bob@example.com' },
  deepgram: { scopes: ['usage:write'] },
  doppler: { name: 'ci' },
  elevenlabs: { owner: 'u1' },
  fastly: { name: 'ci', scopes: ['global'] },
  gitea: { owner: 'alice' },
  github: { owner: 'octocat' },
  gitlab: { owner: '7', scopes: ['api'] },
  grafana: { name: 'deployer' },
  'ibm-cloud': { owner: 'IBMid-1', account: 'a1', name: 'ci' },
  intercom: { account: 'abc' },
  launchdarkly: { account: 'a', name: 'ci' },
  mattermost: { owner: 'alice' },
  miro: { account: '1' },
  npm: { owner: 'alice' },
  okta: { owner: 'alice@example.com' },
  openshift: { owner: 'alice' },
  posthog: { name: 'ci', scopes: ['*'] },
  pulumi: { owner: 'someone' },
  shopify: { scopes: ['read_products'] },
  square: {
    owner: 'MLQUASH',
    account: 'sq0idp-QuashQuashQuashQuash',
    scopes: ['PAYMENTS_READ', 'PAYMENTS_WRITE'],
    expires: '2026-12-20T22:03:46Z',
  },
  'terraform-cloud': { owner: 'someone' },
  'travis-ci': { owner: 'alice' },
  twitch: { owner: 'twitchdev', account: 'wbmytr93xzw8zbg0p1izqyzzc5mbiz' },
  vault: { scopes: ['default'], expires: '2026-05-19T11:35:54.466476215Z' },
  xai: { account: '0a1b2c3d-0000-4000-8000-000000000001' },
  zendesk: { scopes: ['read', 'write'] },
};

async function firstTold(id: string): Promise<Subject | undefined> {
  const { cases }: { cases: readonly ProviderSpec<unknown>[] } = await import(
    join(PROVIDERS, id, 'cases.ts')
  );
  for (const spec of cases) {
    const bench = await startBench(spec.definition, spec.config, spec.scripts.revoked.exchanges);
    try {
      const options = { ...spec, mayActUnproven: spec.approved ?? false };
      const { subject } = await runStep(bench, new Secret(spec.token), options);
      if (subject) return subject;
    } finally {
      await bench.close();
    }
  }
  return undefined;
}

it.each(definitions.filter(({ id }) => id in TOLD).map(({ id }) => id))(
  'the answers of %s tell of its token',
  async (id) => {
    expect(await firstTold(id)).toEqual(TOLD[id]);
  },
);

it('names providers that there are', () => {
  const ids = new Set(definitions.map(({ id }) => id));
  expect(Object.keys(TOLD).filter((id) => !ids.has(id))).toEqual([]);
  expect(Object.keys(TOLD).length).toBeGreaterThanOrEqual(25);
});
