/**
 * The JSON lines of TruffleHog 3 (`--json`).
 *
 * Docs: https://github.com/trufflesecurity/trufflehog, pkg/output/json.go and proto/source_metadata.proto; checked
 * 2026-11-28.
 *
 * Quirks:
 * - Its log goes to standard error as JSON lines too, and ends up in the report where both are redirected. Only there it
 *   says what it could not scan; it ends with 0 all the same.
 * - `Raw` is not always the secret: for a GCP key file it is the account's address, for an AWS key its id. `RawV2`
 *   holds the whole then. Which part is what depends on the detector, see `detectors.json`.
 * - Newer versions have the parts in `SecretParts`, too, by names that differ from detector to detector.
 * - Nothing is written when nothing is found.
 */
import { z } from 'zod';
import { hasKeys, LINE, type ReportFormat, type ScannerFinding, TEXT, usableToken } from './finding.ts';
import { type DetectorPart, trufflehogParts } from './types.ts';

/** The place has other keys for each source; these are all that say where. */
const PLACE = z.object({ file: TEXT, path: TEXT, filename: TEXT, line: LINE, commit: TEXT, link: TEXT });
const NOWHERE = { file: '', path: '', filename: '', line: 0, commit: '', link: '' };

const RESULT = z.object({
  DetectorName: TEXT,
  Raw: TEXT,
  RawV2: TEXT,
  Redacted: TEXT,
  SecretParts: z.record(z.string(), TEXT).catch({}),
  SourceMetadata: z.object({ Data: z.record(z.string(), PLACE).catch({}) }).catch({ Data: {} }),
});

type Result = z.output<typeof RESULT>;

export const trufflehog: ReportFormat = {
  id: 'trufflehog',
  recognises: (record) => isResult(record) || isFailure(record) || isEnd(record),
  read: (records) => records.filter(isResult).flatMap((record) => toFindings(RESULT.parse(record))),
  isPartial: isFailure,
};

function isResult(record: unknown): boolean {
  return hasKeys(record, 'DetectorName', 'SourceMetadata');
}

const lineOf = (msg: string) => z.object({ level: z.string(), msg: z.literal(msg) });
const FAILURE = lineOf('encountered errors during scan');
const END = lineOf('finished scanning').extend({ logger: z.literal('trufflehog') });

/** A line of the log. */
function isFailure(record: unknown): boolean {
  return FAILURE.safeParse(record).success;
}

/** All that there is where nothing was found. */
function isEnd(record: unknown): boolean {
  return END.safeParse(record).success;
}

function toFindings(result: Result): ScannerFinding[] {
  const [place = NOWHERE] = Object.values(result.SourceMetadata.Data);
  return trufflehogParts(result.DetectorName).flatMap(({ of, types }) =>
    textsOf(result, of).map((text) => ({
      types,
      token: usableToken(text),
      rule: result.DetectorName,
      file: place.file || place.path || place.filename,
      startLine: place.line,
      endLine: place.line,
      commit: place.commit,
      link: place.link,
      beside: [result.Raw, ...restsOf(result), ...Object.values(result.SecretParts)],
    })),
  );
}

/** What `RawV2` has before or behind `Raw`: they are written together, so that neither can be told from the other in it. */
function restsOf({ Raw, RawV2 }: Result): readonly string[] {
  const at = Raw === '' ? -1 : RawV2.indexOf(Raw);
  return at < 0 ? [RawV2] : [RawV2.slice(0, at), RawV2.slice(at + Raw.length)];
}

function textsOf({ Raw, RawV2, Redacted, SecretParts }: Result, of: DetectorPart['of']): readonly string[] {
  switch (of) {
    case 'Raw':
      return [Raw];
    case 'RawV2':
      return [RawV2 || Raw];
    case 'Raw without Redacted':
      return [Redacted !== '' && Raw.endsWith(Redacted) ? Raw.slice(0, -Redacted.length) : Raw];
    case 'rest':
      if (RawV2 === '') return Object.values(SecretParts).filter((part) => part !== '' && part !== Raw);
      return RawV2.startsWith(Raw) ? RawV2.slice(Raw.length).split(':').filter(Boolean) : [];
  }
}
