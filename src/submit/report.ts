/** Reads a scanner's report, whichever of the known scanners wrote it. */
import { constants } from 'node:buffer';
import { decodeText } from '../words/decode-text.ts';
import { betterleaks } from './betterleaks.ts';
import { ReportFault, type ReportFormat, type ScannerFinding } from './finding.ts';
import { ggshield } from './ggshield.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { gitleaks } from './gitleaks.ts';
import { kingfisher } from './kingfisher.ts';
import { noseyParker } from './nosey-parker.ts';
import { parseRecords } from './records.ts';
import { sarif } from './sarif.ts';
import { trufflehog } from './trufflehog.ts';
import { gitleaksTypes, serviceAccountKeyTypes } from './types.ts';

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
 * @param report text in UTF-8 or UTF-16
 * @param formatId one of {@link FORMAT_IDS}; without it the content decides
 * @throws {ReportFault} when there is nothing in it that can be used
 */
export function readReport(report: string | Uint8Array, formatId?: string): LeakFile {
  if (report.length > constants.MAX_STRING_LENGTH) throw new ReportFault(TOO_LARGE);
  const text = typeof report === 'string' ? report : decodeText(report);
  const content = text.replace(/^\ufeff/, '').trim();
  if (content === '' && formatId === undefined) throw new ReportFault(EMPTY);
  const { records, brokenLines, hasValue } = parseRecords(content);
  const broken = brokenLines.map((line) => `Line ${line} is not JSON; is the report whole?`);
  // An empty array, or null, is how gitleaks and its kin say that they found nothing.
  if (content === '' || (hasValue && records.length === 0)) {
    return { format: formatId ?? gitleaks.id, findings: [], faults: broken };
  }
  const ofFormat = Map.groupBy(records, (record) => formatOf(record, formatId));
  const known = [...ofFormat].flatMap(([format, its]) => (format ? [{ format, records: its }] : []));
  if (known.length === 0) {
    throw new ReportFault(
      broken[0] ?? `This is no report in the format ${formatId ?? FORMAT_IDS.join(', ')}.`,
    );
  }
  const read = known.map((part) => readPart(part, known.length > 1));
  const isForeign = formatId !== undefined && (ofFormat.get(undefined) ?? []).some((each) => formatOf(each));
  return {
    format: known.map(({ format }) => format.id).join(', '),
    findings: withAwsSecrets(read.flatMap(({ findings }) => findings)).map(asKeyFile),
    faults: [...broken, ...(isForeign ? [FOREIGN] : []), ...new Set(read.flatMap(({ faults }) => faults))],
  };
}

/** The first one that takes it: reports of several scanners may stand one behind the other. */
function formatOf(record: unknown, formatId?: string): ReportFormat | undefined {
  return FORMATS.find(
    ({ id, recognises }) => (formatId === undefined || id === formatId) && recognises(record),
  );
}

interface Part {
  readonly format: ReportFormat;
  readonly records: readonly unknown[];
}

/**
 * @param hasOthers whether what cannot be used stands beside reports that can
 * @throws {ReportFault}
 */
function readPart({ format, records }: Part, hasOthers: boolean): Pick<LeakFile, 'findings' | 'faults'> {
  try {
    const isPartial = records.some((record) => format.isPartial?.(record));
    return { findings: format.read(records), faults: isPartial ? [PARTIAL] : [] };
  } catch (error) {
    if (hasOthers && error instanceof ReportFault) return { findings: [], faults: [error.message] };
    throw error;
  }
}

const EMPTY =
  'The report is empty: its scanner may have failed. Give --format if it writes nothing when it finds nothing.';

const TOO_LARGE =
  'The report is larger than half a gigabyte: have the scanner write JSON lines, and cut them with split -C 400m.';

const FOREIGN = 'A part of the report is in another format than --format names, and was left out.';

const PARTIAL = 'The report says that its scan failed or left something out: there may be more leaks.';

/** Scanners that have no rule for the secret of an AWS key find it by their rule for anything. */
function withAwsSecrets(findings: readonly ScannerFinding[]): readonly ScannerFinding[] {
  const [idType = ''] = gitleaksTypes('aws-access-token');
  const files = new Set(findings.filter(({ types }) => types.includes(idType)).map(({ file }) => file));
  return findings.map((finding) => {
    const { file, rule, token = '', types } = finding;
    const mayBeOne = files.has(file) && /generic/i.test(rule) && /^[A-Za-z0-9/+]{40}$/.test(token);
    return mayBeOne ? { ...finding, types: [...types, ...gitleaksTypes('aws-secret-access-key')] } : finding;
  });
}

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
