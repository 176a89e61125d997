/**
 * The JSON and JSON lines of Betterleaks 2. Those of version 1 are gitleaks'.
 *
 * Docs: https://github.com/betterleaks/betterleaks, report/finding.go and sources/attribute.go; checked 2026-11-28.
 *
 * Quirks:
 * - The first versions have `ruleID` and `secret`; then came `rule_id` and `match` with a `value`.
 * - The other halves of a credential are components; one stands in as many sets as there are combinations.
 */
import { z } from 'zod';
import { hasKeys, LINE, type ReportFormat, type ScannerFinding, TEXT, usableToken } from './finding.ts';
import { gitleaksTypes } from './types.ts';

const PLACE = { path: TEXT, startLine: LINE, start_line: LINE, endLine: LINE, end_line: LINE };
const NOWHERE = { path: '', startLine: 0, start_line: 0, endLine: 0, end_line: 0 };

const PART = {
  ruleID: TEXT,
  rule_id: TEXT,
  secret: TEXT,
  match: z.object({ value: TEXT }).catch({ value: '' }),
  location: z.object(PLACE).catch(NOWHERE),
};

const SETS = z.array(z.object({ components: z.array(z.object(PART)).catch([]) })).catch([]);

const FINDING = z.object({
  ...PART,
  attributes: z.object({ path: TEXT, 'git.sha': TEXT }).catch({ path: '', 'git.sha': '' }),
  componentSets: SETS,
  component_sets: SETS,
});

export const betterleaks: ReportFormat = {
  id: 'betterleaks',
  recognises: (record) => hasKeys(record, 'ruleID', 'secret') || hasKeys(record, 'rule_id', 'match'),
  read: (records) => records.flatMap(toFindings),
};

function toFindings(record: unknown): readonly ScannerFinding[] {
  const { attributes, componentSets, component_sets, ...finding } = FINDING.parse(record);
  const file = finding.location.path || attributes.path;
  const components = [...componentSets, ...component_sets].flatMap((set) => set.components);
  const parts = [finding, ...components];
  const secretOf = ({ secret, match }: (typeof parts)[number]) => secret || match.value;
  return parts.map(({ ruleID, rule_id, secret, match, location }) => ({
    types: gitleaksTypes(ruleID || rule_id),
    token: usableToken(secret || match.value),
    rule: ruleID || rule_id,
    file,
    startLine: location.startLine || location.start_line,
    endLine: location.endLine || location.end_line,
    commit: attributes['git.sha'],
    link: '',
    beside: parts.map(secretOf),
  }));
}
