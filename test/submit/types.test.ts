import { describe, expect, it } from 'vitest';
import gitleaksRules from '../../providers/gitleaks-rules.json' with { type: 'json' };
import { definitions } from '../../providers/index.ts';
import detectors from '../../src/submit/detectors.json' with { type: 'json' };
import { gitleaksTypes, kingfisherTypes, trufflehogParts } from '../../src/submit/types.ts';

const PROVIDERS = definitions.filter(({ lastResort }) => !lastResort);
const TAKEN = new Set(PROVIDERS.flatMap(({ types }) => types));

/** For whose tokens only GitLab has a rule, or other scanners have one for another kind of their secrets. */
const WITHOUT_RULE = ['adobe-ims', 'aiven', 'splunk', 'volcengine'];

const parts = Object.keys(detectors.trufflehogParts).flatMap(trufflehogParts);
const MAPPED = [
  ...Object.keys(detectors.gitleaks).flatMap(gitleaksTypes),
  ...gitleaksRules.flatMap(gitleaksTypes),
  ...Object.keys(detectors.kingfisher).flatMap((family) => [
    ...kingfisherTypes(family),
    ...kingfisherTypes(`kingfisher.${family}.1`),
  ]),
  ...Object.keys(detectors.trufflehog).flatMap((detector) =>
    trufflehogParts(detector).flatMap(({ types }) => types),
  ),
  ...parts.flatMap(({ types }) => types),
];

describe('the tables of detectors', () => {
  it('name only types that a provider takes', () => {
    const listed = [
      detectors.gitleaks,
      detectors.kingfisher,
      detectors.kingfisherCaptures,
      detectors.trufflehog,
      detectors.github,
      detectors.ggshield,
      ...Object.values(detectors.trufflehogParts),
    ].flatMap((table) => Object.values(table as Record<string, string[]>).flat());

    expect(listed.length).toBeGreaterThan(100);
    expect(listed.filter((type) => !TAKEN.has(`gitleaks_rule_id_${type}`))).toEqual([]);
  });

  it('lead to every provider, but for those that no scanner has a rule for', () => {
    const mapped = new Set(MAPPED);
    const missing = PROVIDERS.filter(({ types, unpublished = [] }) => {
      const published = types.filter((type) => !unpublished.includes(type));
      return published.length > 0 && !types.some((type) => mapped.has(type));
    }).map(({ id }) => id);

    expect(missing).toEqual(WITHOUT_RULE);
  });

  it('are written as they are looked up, in lower case', () => {
    const keys = Object.values(detectors).flatMap(Object.keys);

    expect(keys.filter((key) => key !== key.toLowerCase())).toEqual([]);
  });
});

describe('the types of a rule', () => {
  it('begin with its own, so that what the operator maps wins', () => {
    expect(gitleaksTypes('My Rule')).toEqual(['gitleaks_rule_id_my_rule']);
    expect(kingfisherTypes('kingfisher.gitlab.7')[0]).toBe('kingfisher_kingfisher.gitlab.7');
    expect(trufflehogParts('Gitlab')).toMatchObject([
      { types: expect.arrayContaining(['trufflehog_gitlab']) },
    ]);
  });

  it('are those without the number that Betterleaks gives to variants', () => {
    expect(gitleaksTypes('tailscale-api-key.1')).toEqual([
      'gitleaks_rule_id_tailscale-api-key.1',
      'gitleaks_rule_id_tailscale-api-key',
      'gitleaks_rule_id_tailscaleapiaccesstoken',
    ]);
  });

  it('are those of one rule of Kingfisher 1 where its family has others, such as one for the id', () => {
    expect(kingfisherTypes('kingfisher.confluent.2')).toContain('gitleaks_rule_id_confluent-secret-key');
    expect(kingfisherTypes('kingfisher.confluent.1')).toEqual(['kingfisher_kingfisher.confluent.1']);
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'are found for no name that every object has: %s',
    (name) => {
      expect(gitleaksTypes(name)).toHaveLength(1);
      expect(kingfisherTypes(`kingfisher.${name}.1`)).toHaveLength(1);
      expect(trufflehogParts(name)).toHaveLength(1);
    },
  );
});
