/**
 * How much of what scanners find is revoked without a person. The lists are the rules that the scanners publish; a rule
 * is automated, or a person gets a guide, or what it finds is no credential: an id, an address, a public key.
 */
import { describe, expect, it } from 'vitest';
import gitlabRules from '../../providers/gitlab-rules.json' with { type: 'json' };
import guides from '../../providers/guides.json' with { type: 'json' };
import { gitleaksTypes, kingfisherTypes } from '../../src/submit/types.ts';
import { automatedTypes } from '../support/automated-types.ts';
import gitlab from '../support/scanner-rules/gitlab.json' with { type: 'json' };
import gitleaks from '../support/scanner-rules/gitleaks.json' with { type: 'json' };
import kingfisher from '../support/scanner-rules/kingfisher.json' with { type: 'json' };

interface Scanner {
  readonly name: string;
  readonly rules: readonly string[];
  readonly noCredential: readonly string[];
  readonly guide: readonly string[];
  /** At least so many are automated. Raise it when there are more. */
  readonly floor: number;
  typesOf(rule: string): readonly string[];
}

const ofBetterleaks = (rules: readonly string[]) => rules.filter((id) => id.startsWith('betterleaks.'));

const SCANNERS: readonly Scanner[] = [
  {
    name: 'GitLab',
    rules: gitlabRules.map(({ rule_id }) => rule_id),
    noCredential: gitlab.noCredential,
    guide: guides.flatMap(({ rules }) => rules),
    floor: 122,
    typesOf: (rule) => [`gitleaks_rule_id_${rule.toLowerCase().replaceAll(' ', '_')}`],
  },
  { name: `gitleaks ${gitleaks.version}`, ...gitleaks, floor: 102, typesOf: gitleaksTypes },
  {
    name: 'Betterleaks',
    rules: ofBetterleaks(kingfisher.rules),
    noCredential: ofBetterleaks(kingfisher.noCredential),
    guide: ofBetterleaks(kingfisher.guide),
    floor: 148,
    typesOf: kingfisherTypes,
  },
  { name: `Kingfisher ${kingfisher.version}`, ...kingfisher, floor: 157, typesOf: kingfisherTypes },
];

const automated = await automatedTypes();

describe.each(SCANNERS)('the rules of $name', ({ rules, noCredential, guide, floor, typesOf }) => {
  const done = rules.filter((rule) => typesOf(rule).some((type) => automated.has(type)));

  it(`are automated for ${done.length} of ${rules.length}, ${floor} at least`, () => {
    expect(done.length).toBeGreaterThanOrEqual(floor);
  });

  it('are automated, have a guide, or find no credential', () => {
    const known = new Set([...done, ...noCredential, ...guide]);

    expect(rules.filter((rule) => !known.has(rule))).toEqual([]);
    expect(noCredential.filter((rule) => done.includes(rule))).toEqual([]);
  });

  it('are all published ones, each once', () => {
    expect(rules).toEqual([...new Set(rules)]);
    expect([...noCredential, ...guide].filter((rule) => !rules.includes(rule))).toEqual([]);
  });
});
