/** Reads a scanner's report, whichever of the known scanners wrote it. */
import { betterleaks } from './betterleaks.ts';
import { ReportFault, type ReportFormat, type ScannerFinding } from './finding.ts';
import { ggshield } from './ggshield.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { gitleaks } from './gitleaks.ts';
import { kingfisher } from './kingfisher.ts';
import { noseyParker } from './nosey-parker.ts';
import { decodeReport, parseRecords } from './records.ts';
import { sarif } from './sarif.ts';
import { trufflehog } from './trufflehog.ts';
import { serviceAccountKeyTypes } from './types.ts';

const FORMATS: readonly ReportFormat[] = [
  ...[gitlab, gitleaks, betterleaks, trufflehog, kingfisher],
  ...[sarif, noseyParker, ggshield, github],
];

export const FORMAT_IDS: readonly string[] = FORMATS.map(({ id }) => id);

export interface LeakFile {
  readonly format: string;
  readonly findings: readonly ScannerFinding[];
  /** Sentences about what of the report or of the scan is missing; they quote nothing. */
  readonly faults: readonly string[];
}

/**
 * @param report text in UTF-8, or UTF-16 with its byte order mark
 * @param formatId one of {@link FORMAT_IDS}; without it the content decides
 * @throws {ReportFault} when there is nothing in it that can be used
 */
export function readReport(report: string | Uint8Array, formatId?: string): LeakFile {
  const text = typeof report === 'string' ? report : decodeReport(report);
  const content = text.replace(/^\ufeff/, '').trim();
  if (content === '' && formatId === undefined) throw new ReportFault(EMPTY);
  const { records, brokenLines, hasValue } = parseRecords(content);
  const broken = brokenLines.map((line) => `Line ${line} is not JSON; is the report whole?`);
  // An empty array, or null, is how gitleaks and its kin say that they found nothing.
  if (content === '' || (hasValue && records.length === 0)) {
    return { format: formatId ?? gitleaks.id, findings: [], faults: broken };
  }
  const format = FORMATS.find(({ id, recognises }) =>
    formatId === undefined ? records.some(recognises) : id === formatId,
  );
  const recognised = records.filter((record) => format?.recognises(record));
  if (!format || recognised.length === 0) {
    throw new ReportFault(
      broken[0] ?? `This is no report in the format ${formatId ?? FORMAT_IDS.join(', ')}.`,
    );
  }
  const partial = recognised.some((record) => format.isPartial?.(record)) ? [PARTIAL] : [];
  return {
    format: format.id,
    findings: format.read(recognised).map(asKeyFile),
    faults: [...broken, ...partial],
  };
}

const EMPTY =
  'The report is empty: its scanner may have failed. Give --format if it writes nothing when it finds nothing.';

const PARTIAL = 'The report says that its scan failed or left something out: there may be more leaks.';

/**
 * A private key whose line ends are written as `\\n` was taken out of JSON: mostly the key file of a Google service
 * account, for which most scanners have no rule of its own.
 */
function asKeyFile(finding: ScannerFinding): ScannerFinding {
  if (!/-----BEGIN PRIVATE KEY-----\\+n/.test(finding.token ?? '')) return finding;
  const types = serviceAccountKeyTypes();
  return types.some((type) => finding.types.includes(type))
    ? finding
    : { ...finding, types: [...types, ...finding.types] };
}
