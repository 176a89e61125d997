/** It calls nothing, so the provider contract, which plays and breaks calls, has nothing to hold it to. */
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { look } from '../../src/dispatch/attempt.ts';
import { createRegistry, type Registry } from '../../src/provider/registry.ts';
import { Secret } from '../../src/words/secret.ts';
import { findLeaks, stepOf } from '../../test/contract/provider-suite.ts';
import { aStep } from '../../test/support/a-step.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { gitlab } from '../gitlab/index.ts';
import gitlabRules from '../gitlab-rules.json' with { type: 'json' };
import guides from '../guides.json' with { type: 'json' };
import { manual } from './index.ts';

const STRIPE = 'gitleaks_rule_id_stripelivesecretkey';
const DEPLOY_TOKEN = 'gitleaks_rule_id_gitlab_deploy_token';
const ADMIN_TOKEN = { url: 'https://gitlab.example.com', adminToken: 'the administrator token' };
const SECRET = 'any text at all';

const TOOLS = {
  upstream: (base: string) => ({ base, request: () => expect.unreachable() }),
  clock: { now: () => 0, sleep: async () => {} },
  log: { warn: () => {}, info: () => {} },
};

function load(env: Readonly<Record<string, string>>) {
  return loadConfig({ env, cwd: temporaryFolder(), definitions: [gitlab, manual] }).config;
}

function registryOf(env: Readonly<Record<string, string>>): Registry {
  return createRegistry(load(env), [gitlab, manual], () => TOOLS);
}

/** As the dispatcher works on an entry that nobody has approved. */
async function endOf(registry: Registry, type: string, wanted: 'unproven') {
  const routed = registry.route(type, SECRET);
  const manually = registry.find('manual');
  if (!routed.ok || !manually?.provider) throw new Error(`${type} is not taken.`);
  expect(manually.waitsFor(routed.kind)).toBe(wanted);
  const token = new Secret(routed.token);
  const step = stepOf(manually.provider, token, { kind: routed.kind });
  const { provider, unknownTokens } = manually;
  return look({ provider, token, step, phase: 'revoke', unknownTokens }, wanted);
}

async function reportOf(registry: Registry, type: string) {
  const routed = registry.route(type, SECRET);
  if (!routed.ok) throw new Error(`${type} is not taken.`);
  return registry
    .find(routed.provider)
    ?.provider?.revoke(new Secret(routed.token), aStep({ kind: routed.kind }));
}

describe('secrets without an API', () => {
  it('are not taken unless the operator says so', () => {
    const registry = registryOf({});
    expect(registry.find('manual')?.enabled).toBe(false);
    expect(registry.route(STRIPE, SECRET)).toEqual({ ok: false, why: 'unsupported-type' });
  });

  it.each([
    ['one type', STRIPE],
    ['a list', JSON.stringify([STRIPE])],
  ])('are taken by %s, and no others', (_name, value) => {
    const registry = registryOf({ QUASH_MANUAL: value });
    expect(registry.find('manual')?.types.filter((type) => type.startsWith('gitleaks'))).toEqual([STRIPE]);
    expect(registry.advertised).toContain(STRIPE);
  });

  it('takes all for no type of a list, in which it would stand for nothing', () => {
    expect(() => registryOf({ QUASH_MANUAL: '["all","own_type"]' })).toThrow(
      'manual: expected `manual: all` without a list; own types go below `types`',
    );
  });

  it('are taken under the names of newer analyzers, too', async () => {
    const registry = registryOf({ QUASH_MANUAL: 'all' });
    const alias = STRIPE.replace('gitleaks', 'gitlab_secret_scanner');
    expect(await reportOf(registry, alias)).toEqual(await reportOf(registry, STRIPE));
  });

  it('may be of a type of one’s own, with a general instruction', async () => {
    const registry = registryOf({ QUASH_MANUAL: '["Legacy_Password"]' });

    expect(registry.advertised).toContain('legacy_password');
    expect(registry.advertised).not.toContain(STRIPE);
    expect(await reportOf(registry, 'legacy_password')).toMatchObject({
      outcome: 'refused',
      reason: 'manual',
    });
  });

  it('are not taken by an empty type', () => {
    expect(() => load({ QUASH_MANUAL: '[""]' })).toThrow(ConfigError);
  });

  it('may be any text, of several lines, too', () => {
    const key = ['-----BEGIN KEY', 'abc+/=', '-----END KEY'].join('\n');
    const routed = registryOf({ QUASH_MANUAL: 'all' }).route('gitleaks_rule_id_ssh_private_key', `"${key}",`);
    expect(routed).toMatchObject({ ok: true, provider: 'manual', kind: 'ssh_private_key', token: key });
  });

  it.each(['dry-run', 'hold'])('reach a person at once in mode %s', (mode) => {
    const registry = registryOf({ QUASH_MANUAL: 'all', QUASH_REVOCATION__MODE: mode });
    expect(registry.route(STRIPE, SECRET)).toMatchObject({ mode: 'revoke' });
    expect(
      registry.route('gitleaks_rule_id_gitlab_personal_access_token', `gl${'pat-'}${'k'.repeat(20)}`),
    ).toMatchObject({ provider: 'gitlab', mode });
  });

  it('end at once with the instruction, and wait for nobody to approve it', async () => {
    const registry = registryOf({ QUASH_MANUAL: 'all' });
    expect(await endOf(registry, STRIPE, 'unproven')).toEqual(await reportOf(registry, STRIPE));
  });

  it('are not held back by the safety valve', () => {
    expect(registryOf({ QUASH_MANUAL: 'all' }).find('manual')?.maxPerHour).toBe(0);
  });

  it('get a general instruction under a scanner’s own type string', async () => {
    const types = JSON.stringify({ my_scanner_acme_key: 'manual' });
    const registry = registryOf({ QUASH_MANUAL: 'all', QUASH_TYPES: types });
    expect(await reportOf(registry, 'my_scanner_acme_key')).toEqual({
      outcome: 'refused',
      reason: 'manual',
      advice: expect.stringContaining('where it was issued'),
    });
  });
});

describe('a type that another provider has', () => {
  it('is left to it while it is able to act, unreadable text included', () => {
    const registry = registryOf({
      QUASH_MANUAL: 'all',
      QUASH_GITLAB__INSTANCES: JSON.stringify([ADMIN_TOKEN]),
    });
    expect(registry.find('manual')?.types).not.toContain(DEPLOY_TOKEN);
    expect(registry.route(DEPLOY_TOKEN, SECRET)).toMatchObject({ why: 'unusable-token', provider: 'gitlab' });
  });

  it.each([
    ['lacks the credential for it', {}],
    ['is turned off', { QUASH_PROVIDERS__GITLAB__ENABLED: 'false' }],
  ])('goes to a person when that provider %s', (_name, env) => {
    const registry = registryOf({ QUASH_MANUAL: 'all', ...env });
    expect(registry.route(DEPLOY_TOKEN, SECRET)).toMatchObject({ ok: true, provider: 'manual' });
  });
});

describe('the instructions', () => {
  it.each(gitlabRules.map((rule) => [rule.rule_id, rule] as const))(
    'say what to do about %s',
    async (_id, rule) => {
      const provider = manual.create({ types: 'all' }, TOOLS);
      const kind = provider.kinds.find(({ types }) => types.includes(rule.revocation_type))?.id ?? 'none';

      const report = await provider.revoke(new Secret(SECRET), aStep({ kind }));

      const page = expect.stringMatching(/^https:\/\/\S+[^.\s]$/);
      expect(report).toEqual({
        outcome: 'refused',
        reason: 'manual',
        advice: expect.stringMatching(/^\S.*: \S.+\. See https:\/\/\S+$/),
        evidence: {
          rule: rule.description,
          page,
          ...(rule.gitlab_manual_doc !== undefined && { gitlabPage: rule.gitlab_manual_doc }),
        },
      });
      expect(findLeaks([SECRET], { report })).toEqual([]);
    },
  );

  it('are for rules that exist, one for each', () => {
    const covered = guides.flatMap(({ rules }) => rules);
    expect([...covered].sort()).toEqual(gitlabRules.map((rule) => rule.rule_id).sort());
  });
});
