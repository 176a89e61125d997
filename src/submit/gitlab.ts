/**
 * `gl-secret-detection-report.json` of GitLab's analyzers, schema 14 and 15.
 *
 * Docs: https://docs.gitlab.com/user/application_security/secret_detection/pipeline/; checked 2026-11-28.
 *
 * Quirks:
 * - From schema 15 on `category` is left out; then the type of the scan says what the findings are.
 * - Scanners of others (Semgrep, Opengrep) write the extract as a list of lines.
 */
import { z } from 'zod';
import {
  hasKeys,
  LINE,
  ReportFault,
  type ReportFormat,
  type ScannerFinding,
  TEXT,
  usableToken,
} from './finding.ts';

const CATEGORY = 'secret_detection';

const REPORT = z.object({
  vulnerabilities: z.array(z.unknown()).catch([]),
  scan: z.object({ type: TEXT, status: TEXT }).catch({ type: '', status: '' }),
});
type Report = z.output<typeof REPORT>;

const IDENTIFIER = z.object({ type: TEXT, value: TEXT });
type Identifier = z.output<typeof IDENTIFIER>;

const VULNERABILITY = z.object({
  category: TEXT,
  raw_source_code_extract: z
    .union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))])
    .catch(''),
  identifiers: z.array(IDENTIFIER).catch([]),
  location: z
    .object({
      file: TEXT,
      start_line: LINE,
      end_line: LINE,
      commit: z.object({ sha: TEXT }).catch({ sha: '' }),
    })
    .catch({ file: '', start_line: 0, end_line: 0, commit: { sha: '' } }),
});

export const gitlab: ReportFormat = {
  id: 'gitlab',
  recognises: (record) => hasKeys(record, 'vulnerabilities') || isVulnerability(record),
  read(records) {
    const reports = records.map(reportIn);
    const findings = reports.flatMap(findingsIn);
    if (findings.length > 0 || !reports.every(isOfAnotherScan)) return findings;
    throw new ReportFault('This is a report of another GitLab scanner, not of Secret Detection.');
  },
  isPartial: (record) => reportIn(record).scan.status === 'failure',
};

/** All that is left of a report that was cut off. */
function isVulnerability(record: unknown): boolean {
  return hasKeys(record, 'identifiers', 'location', 'raw_source_code_extract');
}

function reportIn(record: unknown): Report {
  return REPORT.parse(isVulnerability(record) ? { vulnerabilities: [record] } : record);
}

function isOfAnotherScan({ scan: { type } }: Report): boolean {
  return type !== '' && type !== CATEGORY;
}

function findingsIn({ vulnerabilities, scan }: Report): readonly ScannerFinding[] {
  return vulnerabilities
    .map((vulnerability) => VULNERABILITY.parse(hasKeys(vulnerability) ? vulnerability : {}))
    .filter(({ category }) => (category || scan.type || CATEGORY) === CATEGORY)
    .map(toFinding);
}

function toFinding({
  raw_source_code_extract,
  identifiers,
  location,
}: z.output<typeof VULNERABILITY>): ScannerFinding {
  const [first] = identifiers;
  return {
    types: typesOf(identifiers),
    token: usableToken(raw_source_code_extract),
    rule: first?.value ?? '',
    file: location.file,
    startLine: location.start_line,
    endLine: location.end_line,
    commit: location.commit.sha,
    link: '',
  };
}

/** That of a rule may stand behind one of a catalogue, such as `cwe`, which no provider takes. */
function typesOf([first, ...others]: readonly Identifier[]): readonly string[] {
  const rules = others.filter(({ type }) => type.endsWith('_rule_id'));
  return first ? [...new Set([first, ...rules].map(typeOf))] : [];
}

/** As GitLab computes it, in lower case and with its spaces replaced; but it looks at the first identifier alone. */
function typeOf({ type, value }: Identifier): string {
  return `${type}_${value}`.toLowerCase().replaceAll(' ', '_');
}
