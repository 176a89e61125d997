/**
 * The JSON of GitGuardian's ggshield (`secret scan --json --show-secrets`).
 *
 * Docs: https://github.com/GitGuardian/ggshield, ggshield/verticals/secret/output/secret_json_output_handler.py and
 * schemas.py; checked 2026-11-28.
 *
 * Quirks:
 * - Without `--show-secrets` the middle of each secret is starred.
 * - A scan of commits has a scan in it for each of them; the commit is the inner one's `id`.
 * - The halves of a credential are occurrences of one incident, told apart by `type`, such as `client_id`.
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
import { ggshieldTypes } from './types.ts';

const OCCURRENCE = z.object({ match: TEXT, type: TEXT, match_type: TEXT, line_start: LINE, line_end: LINE });

const RESULT = z.object({
  filename: TEXT,
  incidents: listOf(z.object({ type: TEXT, break_type: TEXT, occurrences: listOf(OCCURRENCE) })),
});

const SCAN = z.object({
  id: TEXT,
  entities_with_incidents: listOf(RESULT),
  scans: z.array(z.unknown()).catch([]),
  errors: z.array(z.unknown()).catch([]),
});

export const ggshield: ReportFormat = {
  id: 'ggshield',
  recognises: (record) => hasKeys(record, 'total_incidents', 'total_occurrences'),
  read: (records) => records.flatMap(readScan),
  isPartial,
};

/** A commit that could not be scanned says so in its own scan. */
function isPartial(record: unknown): boolean {
  const { errors, scans } = SCAN.parse(hasKeys(record) ? record : {});
  return errors.length > 0 || scans.some(isPartial);
}

function readScan(record: unknown): readonly ScannerFinding[] {
  const { id, entities_with_incidents, scans } = SCAN.parse(hasKeys(record) ? record : {});
  const own = entities_with_incidents.flatMap(({ filename, incidents }) =>
    incidents.flatMap(({ type, break_type, occurrences }) =>
      occurrences.map(({ match, type: part, match_type, line_start, line_end }) => ({
        types: ggshieldTypes(type || break_type, part || match_type),
        token: usableToken(match),
        rule: type || break_type,
        file: filename,
        startLine: line_start,
        endLine: line_end,
        commit: id,
        link: '',
        beside: occurrences.map((occurrence) => occurrence.match),
      })),
    ),
  );
  return [...own, ...scans.flatMap(readScan)];
}
