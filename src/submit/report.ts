/** Reads a scanner's report, whichever of the known scanners wrote it. */
import { ReportFault, type ReportFormat, type ScannerFinding } from './finding.ts';
import { gitlab } from './gitlab.ts';
import { gitleaks } from './gitleaks.ts';
import { kingfisher } from './kingfisher.ts';
import { trufflehog } from './trufflehog.ts';

const FORMATS: readonly ReportFormat[] = [gitlab, gitleaks, trufflehog, kingfisher];

export const FORMAT_IDS: readonly string[] = FORMATS.map(({ id }) => id);

export interface LeakFile {
  readonly format: string;
  readonly findings: readonly ScannerFinding[];
}

/**
 * @param formatId one of {@link FORMAT_IDS}; without it the content decides
 * @throws {ReportFault} when this is no report that can be used
 */
export function readReport(text: string, formatId?: string): LeakFile {
  const content = text.replace(/^\ufeff/, '').trim();
  if (content === '' && formatId === undefined) throw new ReportFault(EMPTY);
  // An empty array is how gitleaks says that it found nothing.
  if (content === '' || /^\[\s*\]$/.test(content)) {
    return { format: formatId ?? gitleaks.id, findings: [] };
  }
  const records = parseRecords(content);
  const format = FORMATS.find(({ id, recognises }) =>
    formatId === undefined ? records.some(recognises) : id === formatId,
  );
  const recognised = records.filter((record) => format?.recognises(record));
  if (!format || recognised.length === 0) {
    throw new ReportFault(`This is no report in the format ${formatId ?? FORMAT_IDS.join(', ')}.`);
  }
  return { format: format.id, findings: format.read(recognised) };
}

const EMPTY =
  'The report is empty: its scanner may have failed. Give --format if it writes nothing when it finds nothing.';

function parseRecords(text: string): readonly unknown[] {
  const whole = parse(text);
  if (whole !== NOT_JSON) return Array.isArray(whole) ? whole : [whole];
  return text.split('\n').flatMap((line, index) => {
    // What scanners print beside their findings, such as a banner.
    if (!line.trimStart().startsWith('{')) return [];
    const record = parse(line);
    if (record === NOT_JSON) throw new ReportFault(`Line ${index + 1} is not JSON; is the report whole?`);
    return [record];
  });
}

const NOT_JSON = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
