/**
 * Secret scanning alerts, as GitHub's REST API lists them (`gh api --paginate .../secret-scanning/alerts`).
 *
 * Docs: https://docs.github.com/rest/secret-scanning/secret-scanning; checked 2026-11-28.
 *
 * Quirks:
 * - With `hide_secret=true` there is no secret in it.
 * - Only the first place is told; `locations_url` has the others.
 * - A person has decided about a resolved alert already: it is left out.
 */
import { z } from 'zod';
import { hasKeys, LINE, type ReportFormat, type ScannerFinding, TEXT, usableToken } from './finding.ts';
import { githubTypes } from './types.ts';

const NOWHERE = { path: '', start_line: 0, end_line: 0, commit_sha: '', html_url: '' };

const ALERT = z.object({
  state: TEXT,
  secret_type: TEXT,
  secret: TEXT,
  html_url: TEXT,
  first_location_detected: z
    .object({ path: TEXT, start_line: LINE, end_line: LINE, commit_sha: TEXT, html_url: TEXT })
    .catch(NOWHERE),
});

export const github: ReportFormat = {
  id: 'github',
  recognises: (record) => hasKeys(record, 'secret_type', 'locations_url'),
  read: (records) => records.flatMap(toFindings),
};

function toFindings(record: unknown): readonly ScannerFinding[] {
  const { state, secret_type, secret, html_url, first_location_detected: first } = ALERT.parse(record);
  if (state === 'resolved') return [];
  return [
    {
      types: githubTypes(secret_type),
      token: usableToken(secret),
      rule: secret_type,
      file: first.path,
      startLine: first.start_line,
      endLine: first.end_line,
      commit: first.commit_sha,
      link: first.html_url || html_url,
    },
  ];
}
