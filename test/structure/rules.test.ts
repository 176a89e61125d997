/** What the providers take, held against the rules of GitLab's Secret Detection. */
import { describe, expect, it, onTestFinished } from 'vitest';
import gitlabRules from '../../providers/gitlab-rules.json' with { type: 'json' };
import rulesBeyondTheTable from '../../providers/gitlab-rules-beyond.json' with { type: 'json' };
import gitleaksRules from '../../providers/gitleaks-rules.json' with { type: 'json' };
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { loadConfig } from '../../src/config/load.ts';
import { coverageOf } from '../../src/dev/provider-table.ts';
import { aliasesOf, type Registry } from '../../src/provider/registry.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OF_GITLAB = new Set(gitlabRules.map((rule) => rule.revocation_type));
/** Rules that GitLab ships and its documentation's table lacks: it sends their findings only if they are offered by name. */
const BEYOND_THE_TABLE = new Set(rulesBeyondTheTable.map((id) => `gitleaks_rule_id_${id}`));
const OF_GITLEAKS = new Set(gitleaksRules.map((id) => `gitleaks_rule_id_${id}`));

function registryOf(env: Readonly<Record<string, string>>): Registry {
  const cwd = temporaryFolder();
  const { registry, upstream } = createProviders(
    { ...loadConfig({ env, cwd, definitions }), definitions },
    { cwd },
  );
  onTestFinished(() => upstream.close());
  return registry;
}

describe('the type strings of the providers', () => {
  it('are spelled like a rule of GitLab or gitleaks, unless the definition says that there is none', () => {
    const published = [OF_GITLAB, BEYOND_THE_TABLE, OF_GITLEAKS];
    for (const { id, types, unpublished = [] } of definitions) {
      const beyond = types.filter((type) => !published.some((known) => known.has(type)));
      expect([id, ...beyond.toSorted()]).toEqual([id, ...unpublished.toSorted()]);
    }
  });

  it('are no aliases, as the registry adds them', () => {
    const aliases = new Set([...OF_GITLAB, ...OF_GITLEAKS].flatMap(aliasesOf));
    expect(definitions.flatMap(({ types }) => types.filter((type) => aliases.has(type)))).toEqual([]);
  });

  it('are listed once in each definition', () => {
    for (const { id, types } of definitions) expect([id, types]).toEqual([id, [...new Set(types)]]);
  });
});

describe('the rules of GitLab', () => {
  it('are all there, with a type string of their own', () => {
    expect(gitlabRules).toHaveLength(213);
    expect(OF_GITLAB.size).toBe(213);
    // GitLab's own formula: lower case, and an underscore for each blank.
    expect(gitlabRules.map((rule) => rule.revocation_type)).toEqual(
      gitlabRules.map((rule) => `gitleaks_rule_id_${rule.rule_id.toLowerCase().replaceAll(' ', '_')}`),
    );
  });

  it('are offered even where the table of the documentation lacks them', () => {
    const { advertised } = registryOf({
      QUASH_GITLAB__INSTANCES: '[{"url":"https://gitlab.example.com","adminToken":"not-a-token"}]',
    });
    expect([...BEYOND_THE_TABLE].filter((type) => !advertised.includes(type))).toEqual([]);
  });

  it('are automated at least as far as we say', () => {
    const { providers, rules } = coverageOf(definitions);
    expect(providers).toBeGreaterThanOrEqual(95);
    expect(rules).toBeGreaterThanOrEqual(122);
  });

  it('are all taken with "manual: all", by a provider or for a person', () => {
    const registry = registryOf({ QUASH_MANUAL: 'all' });
    expect([...OF_GITLAB].filter((type) => !registry.advertised.includes(type))).toEqual([]);
  });

  it('go to a person only where no provider that is able to act takes them', () => {
    const registry = registryOf({ QUASH_MANUAL: 'all' });
    const able = registry.providers.filter(({ definition }) => definition.id !== 'manual');
    const taken = new Set(able.flatMap(({ types }) => types));
    const byHand = registry.find('manual')?.types ?? [];
    expect(byHand.filter((type) => taken.has(type))).toEqual([]);
    expect(byHand).toContain('gitleaks_rule_id_asana_client_id');
  });
});
