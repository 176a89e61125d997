/** What the readers make of a scanner's report, whichever scanner wrote it. */
import { z } from 'zod';
import { isMasked } from '../words/mask.ts';

/** A secret that a scanner found at one place. */
export interface ScannerFinding {
  /** Type strings under which a Quash may take it, the first choice first; empty when the report names no rule. */
  readonly types: readonly string[];
  /** Undefined where the report does not hold it, or only redacted. */
  readonly token: string | undefined;
  /** As the scanner names it. */
  readonly rule: string;
  /** As the scanner writes it: below the repository, absolute, or empty. */
  readonly file: string;
  /** Counted from 1; 0 where the report does not say. */
  readonly startLine: number;
  readonly endLine: number;
  /** Empty where the report does not say. */
  readonly commit: string;
  /** The scanner's own address of the place; empty where it has none. */
  readonly link: string;
  /** What else the report has of it: the other half of a credential may be among it. */
  readonly beside?: readonly string[];
}

/** One scanner's way to write a report. */
export interface ReportFormat {
  readonly id: string;
  /** Whether it writes such records; a report may hold others beside them. */
  recognises(record: unknown): boolean;
  /**
   * @param records those that {@link recognises} took
   * @throws {ReportFault} when this is another kind of report
   */
  read(records: readonly unknown[]): readonly ScannerFinding[];
  /** Whether such a record says that its scan failed or left something out. */
  isPartial?(record: unknown): boolean;
}

/** A report that cannot be used; the message quotes nothing of it. */
export class ReportFault extends Error {}

/** A field that a damaged or foreign record may lack: one of them does not hold up the others. */
export const TEXT = z.string().catch('');
export const LINE = z.number().int().nonnegative().catch(0);

/**
 * A list that may be damaged in places: such an element has none of its fields, and counts as a secret that is not there.
 * @param element takes an object without any of its keys
 */
export function listOf<Schema extends z.ZodType>(element: Schema) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.map((item) => element.parse(hasKeys(item) ? item : {})));
}

export function hasKeys(record: unknown, ...keys: readonly string[]): boolean {
  return typeof record === 'object' && record !== null && keys.every((key) => Object.hasOwn(record, key));
}

/** Undefined for what scanners write in place of a secret. */
export function usableToken(text: string): string | undefined {
  return text.trim() === '' || isMasked(text.trim()) ? undefined : text;
}
