/** Generates `providers/README.md` from the definitions and the data beside them: `npm run docs`. */
import gitlabRules from '../../providers/gitlab-rules.json' with { type: 'json' };
import type { Possession, ProviderDefinition, TokenKind } from '../provider/provider.ts';
import { configTable, describeProviderKeys } from './describe-config.ts';
import type { ProviderKinds } from './example-kinds.ts';

/** How many providers, and how many of GitLab's rules they automate. */
export interface Coverage {
  readonly providers: number;
  readonly rules: number;
  /** Further rules that only experimental providers take. */
  readonly experimentalRules: number;
}

/** What counts: providers that act without being told that they are experimental, and the rules that one of them takes. */
export function coverageOf(definitions: readonly ProviderDefinition[]): Coverage {
  const counting = definitions.filter(isAutomatic);
  const taken = new Set(counting.flatMap(({ types }) => types));
  const experimental = definitions.filter(({ stability }) => stability === 'experimental');
  const extra = new Set(experimental.flatMap(({ types }) => types.filter((type) => !taken.has(type))));
  return {
    providers: counting.length,
    rules: gitlabRules.filter((rule) => taken.has(rule.revocation_type)).length,
    experimentalRules: gitlabRules.filter((rule) => extra.has(rule.revocation_type)).length,
  };
}

/** The whole page as Markdown. */
export function providersPage(provided: readonly ProviderKinds[]): string {
  const definitions = provided.map(({ definition }) => definition);
  const listed = definitions.filter(({ lastResort }) => !lastResort);
  const { providers, rules, experimentalRules } = coverageOf(definitions);
  return [
    '# Providers',
    '',
    'Written by `npm run docs` from the definitions; do not edit.',
    '',
    `**${providers} providers automate ${rules} of the ${gitlabRules.length} rules of GitLab's Secret Detection.** ${experimentalSentence(listed, experimentalRules)}A rule that no enabled provider takes can be advertised all the same with \`manual: all\`: its findings then wait under \`attention\` with instructions.`,
    '',
    'A provider is on as soon as it has what it needs. What is known to hit more than the leaked token waits for approval.',
    '',
    ...table(
      ['Provider', 'Stability', 'Rules', 'Needs', 'Knows the token', 'Proof of its end', 'Hits', 'Docs'],
      listed.map(row),
    ),
    '',
    '## What is shown before a token is revoked',
    '',
    'The kinds that a provider has where everything is configured; `quash providers --json` says it of yours.',
    '',
    'Nothing is changed at a vendor before the whole secret was shown to be the credential that is acted on; of a kind that is `unproven` a person decides. Where every place that can know a token has refused a whole one, it ends as inactive already; where only some were asked, or a cut token would be refused just so, a person is told instead.',
    '',
    ...Object.entries(SHOWN).map(([possession, sentence]) => `- \`${possession}\`: ${sentence}`),
    '',
    ...table(
      ['Provider', 'Kind', 'Shown', 'Surely whole', 'Places that can know it', 'Undo'],
      provided.flatMap(({ definition, kinds }) => kinds.map((kind) => kindRow(definition, kind))),
    ),
    '',
    '## Configuration',
    '',
    'Beside the keys that every provider has.',
    '',
    configTable(describeProviderKeys(definitions)),
    '',
    '## Type strings',
    '',
    'Each is also taken with the prefix `gitlab_secret_scanner_rule_id_` or `gitlab_secrets_scanner_rule_id_`. Some kinds need a credential that others of the same provider do without; `quash types` lists what is taken now.',
    '',
    ...listed.flatMap(typeList),
    '## Rules without a provider',
    '',
    ...table(['Rule', 'Type string'], rulesWithout(definitions)),
    '',
  ].join('\n');
}

function isAutomatic({ lastResort, stability }: ProviderDefinition): boolean {
  return !lastResort && stability !== 'experimental';
}

function experimentalSentence(listed: readonly ProviderDefinition[], rules: number): string {
  const count = listed.filter(({ stability }) => stability === 'experimental').length;
  if (count === 0) return '';
  return `${count} more ${count === 1 ? 'is' : 'are'} experimental and off unless turned on, for ${rules} further rules. `;
}

function row(definition: ProviderDefinition): readonly string[] {
  const { id, title, stability, needs, exactness, proof, effect, docs } = definition;
  const rules = String(rulesOf(definition).length);
  return [`${title} (\`${id}\`)`, stability, rules, needs, exactness, proof, effect, `[docs](${docs})`];
}

const SHOWN: Readonly<Record<Possession, string>> = {
  'by-value': 'the call that revokes carries the whole secret, and nothing else says what to revoke.',
  'signs-in': 'the vendor accepted the whole secret just before, and named the record that is revoked.',
  'listed-whole': "the vendor's list shows the secret, or a hash of it.",
  'one-fits':
    "the vendor accepted the whole secret, and exactly one record of its owner's whole list fits it.",
  unproven: 'only an id says which credential it is; it waits for approval, or for its other half.',
};

function kindRow({ title }: ProviderDefinition, kind: TokenKind): readonly string[] {
  const { id, possession, places, undo } = kind;
  const known = 'all' in places ? `all: ${places.all.join(', ')}` : `open: ${places.open}`;
  return [title, `\`${id}\``, `\`${possession}\``, wholeness(kind), known, undo];
}

function wholeness({ whole }: TokenKind): string {
  if (whole === 'open') return 'no';
  return whole === 'exact' ? 'by its length' : 'by its form';
}

function rulesOf({ types }: ProviderDefinition): readonly string[] {
  return gitlabRules.flatMap((rule) => (types.includes(rule.revocation_type) ? [rule.revocation_type] : []));
}

const NO_RULE = ' (no scanner publishes a rule: write one)';

/** Folded up, as nobody reads the types of all providers. */
function typeList(definition: ProviderDefinition): readonly string[] {
  const ofGitlab = rulesOf(definition);
  const others = definition.types.filter((type) => !ofGitlab.includes(type));
  const parts = [
    ...(ofGitlab.length > 0 ? [`${count(ofGitlab.length, 'rule')} of GitLab`] : []),
    ...(others.length > 0 ? [`${count(others.length, 'other type')}`] : []),
  ];
  return [
    `<details><summary>${definition.title}: ${parts.join(', ')}</summary>`,
    '',
    ...[...ofGitlab, ...others].map(
      (type) => `- \`${type}\`${definition.unpublished?.includes(type) ? NO_RULE : ''}`,
    ),
    '',
    '</details>',
    '',
  ];
}

function count(items: number, noun: string): string {
  return `${items} ${noun}${items === 1 ? '' : 's'}`;
}

function rulesWithout(definitions: readonly ProviderDefinition[]): readonly (readonly string[])[] {
  const taken = new Set(definitions.flatMap(({ lastResort, types }) => (lastResort ? [] : types)));
  return gitlabRules
    .filter((rule) => !taken.has(rule.revocation_type))
    .map((rule) => [rule.description, `\`${rule.revocation_type}\``]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}
