/**
 * The JSON report of gitleaks 8, and of Betterleaks, which goes on with it.
 *
 * Docs: https://github.com/gitleaks/gitleaks#reporting, report/finding.go; checked 2026-11-28.
 *
 * Quirks:
 * - `--redact` writes `REDACTED` in place of the secret.
 * - `Secret` is the group of the rule that holds the secret, `Match` all that the rule matched.
 * - Betterleaks has the other halves of a credential in `RequiredSets` alone; one stands in as many sets as there are
 *   combinations.
 */
import { z } from 'zod';
import { hasKeys, LINE, type ReportFormat, type ScannerFinding, TEXT, usableToken } from './finding.ts';
import { gitleaksTypes } from './types.ts';

const FINDING = z.object({
  RuleID: TEXT,
  Secret: TEXT,
  File: TEXT,
  StartLine: LINE,
  EndLine: LINE,
  Commit: TEXT,
  RequiredSets: z
    .array(
      z.object({
        components: z
          .array(z.object({ RuleID: TEXT, Secret: TEXT, StartLine: LINE, EndLine: LINE }))
          .catch([]),
      }),
    )
    .catch([]),
});

export const gitleaks: ReportFormat = {
  id: 'gitleaks',
  // Whoever takes the secrets out of a report leaves the files in.
  recognises: (record) => hasKeys(record, 'RuleID', 'Secret') || hasKeys(record, 'RuleID', 'File'),
  read: (records) => records.flatMap((record) => toFindings(FINDING.parse(record))),
};

function toFindings(finding: z.output<typeof FINDING>): readonly ScannerFinding[] {
  const { File, Commit, RequiredSets } = finding;
  const parts = [finding, ...RequiredSets.flatMap(({ components }) => components)];
  return parts.map(({ RuleID, Secret, StartLine, EndLine }) => ({
    types: gitleaksTypes(RuleID),
    token: usableToken(Secret),
    rule: RuleID,
    file: File,
    startLine: StartLine,
    endLine: EndLine,
    commit: Commit,
    link: '',
    beside: parts.map((part) => part.Secret),
  }));
}
