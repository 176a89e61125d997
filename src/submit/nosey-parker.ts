/**
 * The JSON and JSON lines of Nosey Parker (`report --format json`), and of Titus, which goes on with it.
 *
 * Docs: https://github.com/praetorian-inc/noseyparker, crates/noseyparker/src/match_type.rs and provenance.rs;
 * https://github.com/praetorian-inc/titus, pkg/types/{finding,match,snippet}.go; checked 2026-11-28.
 *
 * Quirks:
 * - The groups of a match are in base64. One group is the secret; where there are several, which is which differs from
 *   rule to rule, and the whole match is taken.
 * - Titus writes the names of its Go fields, the match in base64, too, and no file.
 */
import { z } from 'zod';
import {
  hasKeys,
  LINE,
  listOf,
  type ReportFormat,
  type ScannerFinding,
  TEXT,
  usableToken,
} from './finding.ts';
import { noseyParkerTypes } from './types.ts';

const POINT = z.object({ line: LINE }).catch({ line: 0 });
const GO_POINT = z.object({ Line: LINE }).catch({ Line: 0 });

const NO_COMMIT = { blob_path: '', commit_metadata: { commit_id: '' } };

const MATCH = z.object({
  groups: z.array(z.string()).catch([]),
  snippet: z
    .object({ before: TEXT, matching: TEXT, after: TEXT })
    .catch({ before: '', matching: '', after: '' }),
  location: z
    .object({ source_span: z.object({ start: POINT, end: POINT }) })
    .catch({ source_span: { start: { line: 0 }, end: { line: 0 } } }),
  provenance: z
    .array(
      z.object({
        path: TEXT,
        first_commit: z
          .object({
            blob_path: TEXT,
            commit_metadata: z.object({ commit_id: TEXT }).catch({ commit_id: '' }),
          })
          .catch(NO_COMMIT),
      }),
    )
    .catch([]),
});

const FINDING = z.object({ rule_text_id: TEXT, matches: listOf(MATCH) });

const GO_FINDING = z.object({
  RuleID: TEXT,
  Matches: listOf(
    z.object({
      Groups: z.array(z.string()).nullable().catch([]),
      Snippet: z
        .object({ Before: TEXT, Matching: TEXT, After: TEXT })
        .catch({ Before: '', Matching: '', After: '' }),
      Location: z
        .object({ Source: z.object({ Start: GO_POINT, End: GO_POINT }) })
        .catch({ Source: { Start: { Line: 0 }, End: { Line: 0 } } }),
    }),
  ),
});

export const noseyParker: ReportFormat = {
  id: 'noseyparker',
  recognises: (record) => hasKeys(record, 'rule_text_id', 'matches') || isOfTitus(record),
  read: (records) =>
    records.flatMap((record) => (isOfTitus(record) ? readTitus(record) : readFinding(record))),
};

function isOfTitus(record: unknown): boolean {
  return hasKeys(record, 'RuleID', 'Matches');
}

function readFinding(record: unknown): readonly ScannerFinding[] {
  const { rule_text_id, matches } = FINDING.parse(record);
  return matches.map(({ groups, snippet, location: { source_span }, provenance: [origin] }) => ({
    types: noseyParkerTypes(rule_text_id),
    token: secretOf(groups, snippet.matching),
    rule: rule_text_id,
    file: origin?.first_commit.blob_path || origin?.path || '',
    startLine: source_span.start.line,
    endLine: source_span.end.line,
    commit: origin?.first_commit.commit_metadata.commit_id ?? '',
    link: '',
    beside: [snippet.before, snippet.matching, snippet.after],
  }));
}

function readTitus(record: unknown): readonly ScannerFinding[] {
  const { RuleID, Matches } = GO_FINDING.parse(record);
  return Matches.map(({ Groups, Snippet, Location: { Source } }) => ({
    types: noseyParkerTypes(RuleID),
    token: secretOf(Groups ?? [], decoded(Snippet.Matching)),
    rule: RuleID,
    file: '',
    startLine: Source.Start.Line,
    endLine: Source.End.Line,
    commit: '',
    link: '',
    beside: [Snippet.Before, Snippet.Matching, Snippet.After].map(decoded),
  }));
}

function secretOf(groups: readonly string[], match: string): string | undefined {
  const [only, ...others] = groups;
  return usableToken(only !== undefined && others.length === 0 ? decoded(only) : match);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
