/**
 * The JSON report of gitleaks 8, and of Betterleaks, which goes on with it.
 *
 * Docs: https://github.com/gitleaks/gitleaks#reporting, report/finding.go; checked 2026-11-28.
 *
 * Quirks:
 * - `--redact` writes `REDACTED` in place of the secret.
 * - `Secret` is the group of the rule that holds the secret, `Match` all that the rule matched.
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
});

export const gitleaks: ReportFormat = {
  id: 'gitleaks',
  recognises: (record) => hasKeys(record, 'RuleID', 'Secret'),
  read: (records) => records.map(toFinding),
};

function toFinding(record: unknown): ScannerFinding {
  const { RuleID, Secret, File, StartLine, EndLine, Commit } = FINDING.parse(record);
  return {
    types: gitleaksTypes(RuleID),
    token: usableToken(Secret),
    rule: RuleID,
    file: File,
    startLine: StartLine,
    endLine: EndLine,
    commit: Commit,
    link: '',
  };
}
