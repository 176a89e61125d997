/**
 * The JSON of MongoDB's Kingfisher, version 1 and 2 (`--format json` and `jsonl`).
 *
 * Docs: https://github.com/mongodb/kingfisher, src/reporter.rs and docs/V2_MIGRATION.md; checked 2026-11-28.
 *
 * Quirks:
 * - `json` is one envelope with `findings` for each repository, one after the other; `jsonl` is one finding a line,
 *   followed by lines that are none.
 * - `--redact` writes `[REDACTED:...]` in place of the secret.
 * - Of a credential of two halves `snippet` is one (the secret in version 1, the id in version 2); the other is in
 *   `dependent_captures`.
 * - `git_metadata` has the address of the remote as Git knows it, in a CI job together with the job's token. It is
 *   not used.
 */
import { z } from 'zod';
import { hasKeys, LINE, type ReportFormat, type ScannerFinding, TEXT, usableToken } from './finding.ts';
import { captureTypes, kingfisherTypes } from './types.ts';

export const COMMIT_METADATA = z.object({ commit: z.object({ id: TEXT }) }).catch({ commit: { id: '' } });

const FINDING = z.object({
  rule: z.object({ id: TEXT }).catch({ id: '' }),
  finding: z
    .object({
      snippet: TEXT,
      path: TEXT,
      line: LINE,
      dependent_captures: z.record(z.string(), TEXT).catch({}),
      git_metadata: COMMIT_METADATA,
    })
    .catch({ snippet: '', path: '', line: 0, dependent_captures: {}, git_metadata: { commit: { id: '' } } }),
});

export const kingfisher: ReportFormat = {
  id: 'kingfisher',
  recognises: (record) => isEnvelope(record) || isAudit(record) || hasKeys(record, 'rule', 'finding'),
  read: (records) =>
    records
      .flatMap((record) => (isEnvelope(record) ? record.findings : isAudit(record) ? [] : [record]))
      .flatMap(toFindings),
  isPartial: (record) => hasKeys(record, 'audit') && isPartlyScanned((record as { audit: unknown }).audit),
};

const COUNT = z.number().catch(0);

const AUDIT = z.object({
  summary: z.object({ fetch_failed: COUNT, scan_partial: COUNT, scan_failed: COUNT, pending: COUNT }),
});

/** @param audit what Kingfisher 2 says of the repositories that it was to scan */
export function isPartlyScanned(audit: unknown): boolean {
  const parsed = AUDIT.safeParse(audit);
  return parsed.success && Object.values(parsed.data.summary).some((repositories) => repositories > 0);
}

/** A line of its own behind the findings of `jsonl`. */
function isAudit(record: unknown): boolean {
  return hasKeys(record, 'audit') && !isEnvelope(record);
}

function isEnvelope(record: unknown): record is { readonly findings: readonly unknown[] } {
  return hasKeys(record, 'findings') && Array.isArray((record as { findings: unknown }).findings);
}

function toFindings(record: unknown): ScannerFinding[] {
  const { rule, finding } = FINDING.parse(hasKeys(record) ? record : {});
  const { snippet, path, line, dependent_captures, git_metadata } = finding;
  const place = {
    rule: rule.id,
    file: path,
    startLine: line,
    endLine: line,
    commit: git_metadata.commit.id,
    link: '',
    beside: [snippet, ...Object.values(dependent_captures)],
  };
  const halves = Object.entries(dependent_captures).flatMap(([name, text]) => {
    const types = captureTypes(name);
    return types.length > 0 ? [{ ...place, types, token: usableToken(text) }] : [];
  });
  return [{ ...place, types: kingfisherTypes(rule.id), token: usableToken(snippet) }, ...halves];
}
