/** A whole ledger on its way from one storage to another, with all that decides about what is done next. */
import type { Mode } from '../words/mode.ts';
import type { Count } from './entry.ts';
import { LedgerError } from './ledger.ts';
import type { Scope } from './places.ts';
import type { SealedNotice } from './sealed-notice.ts';

/** One entry without its lease, which is over: it becomes due again when that would have ended. */
export interface StoredEntry {
  readonly id: string;
  /** Names and values of its hash, as the Redis ledger has them. */
  readonly fields: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly sealed: string;
  /** Of the project in whose queue it waits; both are empty where it has its time. */
  readonly namespace: string;
  readonly group: string;
  /** The following as the Redis ledger has them, oldest first. */
  readonly places: readonly string[];
  readonly findings: readonly string[];
  readonly history: readonly string[];
}

/** What is not of one entry alone. */
export interface StoredRest {
  /** Names and values of the hash of each lane, as the Redis ledger has them, without its probe. */
  readonly lanes: readonly { readonly provider: string; readonly fields: Readonly<Record<string, string>> }[];
  readonly revoked: readonly StoredRevocations[];
  readonly modes: Readonly<Record<string, Mode>>;
  readonly marks: Readonly<Record<string, string>>;
  /** By the number of the hour since the Unix epoch. */
  readonly hours: readonly { readonly hour: number; readonly tally: string; readonly entries: number }[];
  readonly sessions: readonly StoredSessionText[];
  /** How many died in which time, by project; its states follow from its entries. */
  readonly deaths: readonly { readonly scope: Scope; readonly tally: string; readonly entries: number }[];
  readonly beyond: readonly { readonly id: string; readonly entries: number; readonly until: number }[];
  readonly channels: readonly string[];
  /** Oldest first. */
  readonly announcements: readonly StoredAnnouncement[];
  readonly notices: readonly StoredNotice[];
  /** See {@link Ledger.countOfDay}. */
  readonly ofDay: readonly { readonly name: string; readonly day: number; readonly times: number }[];
}

/** A notice as it is stored. */
interface StoredNotice extends SealedNotice {
  readonly id: string;
  readonly at: number;
}

/** Who is signed in, as it is stored. */
interface StoredSessionText {
  readonly id: string;
  readonly version: number;
  readonly until: number;
  readonly sealed: string;
}

/** What the safety valve counts: see valve.ts. */
export interface StoredRevocations {
  readonly provider: string;
  readonly bucket: number;
  /** Empty for entries that have none. */
  readonly share: string;
  readonly entries: number;
}

export interface StoredAnnouncement {
  /** Names and values, as the Redis ledger has them. */
  readonly fields: Readonly<Record<string, string>>;
  /** The channels that have not confirmed it. */
  readonly pending: readonly string[];
}

/** Where a ledger was copied to, without a password, and when that began (ISO 8601). */
export interface HandOver {
  readonly to: string;
  readonly at: string;
}

/** A ledger that no service uses. */
export interface CopySource {
  /**
   * From here on no service opens it: it would act on what the copy acts on, too.
   * @throws {LedgerError} when it was handed over to another place
   */
  handOver(to: HandOver): Promise<void>;
  /** Services may open it again. @returns to whom it had been handed over; undefined when to nobody */
  takeBack(): Promise<HandOver | undefined>;
  /** @param cursor of the page before */
  page(
    cursor: string | undefined,
  ): Promise<{ readonly entries: readonly StoredEntry[]; readonly cursor?: string }>;
  rest(): Promise<StoredRest>;
  count(): Promise<readonly Count[]>;
  close(): Promise<void>;
}

/** A ledger that is being made, and that no service opens until it is complete. */
export interface CopyTarget {
  /** How far an earlier run has come; undefined when it has not begun. */
  readonly begun: CopyProgress | undefined;
  /** Those that it has already stay as they are. */
  write(entries: readonly StoredEntry[], progress: CopyProgress): Promise<void>;
  /** May be done again. */
  writeRest(rest: StoredRest): Promise<void>;
  count(): Promise<readonly Count[]>;
  /** From here on a service may open it. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

export interface CopyProgress {
  /** Of the last page that was written. */
  readonly cursor?: string;
  readonly entries: number;
}

export interface CopyResult {
  readonly from: readonly Count[];
  readonly to: readonly Count[];
  /** Whether both have as many entries of each provider and state; only then is the target complete. */
  readonly isComplete: boolean;
}

/**
 * Goes on from where an earlier run has ended.
 * @param handOver what the source remembers
 * @param onProgress told after each page
 * @throws {LedgerError} `unavailable`
 */
export async function copyLedger(
  source: CopySource,
  target: CopyTarget,
  handOver: HandOver,
  onProgress: (entries: number) => void,
): Promise<CopyResult> {
  await source.handOver(handOver);
  let { cursor, entries } = target.begun ?? { cursor: undefined, entries: 0 };
  let isLast = target.begun !== undefined && target.begun.entries > 0 && cursor === undefined;
  while (!isLast) {
    const page = await source.page(cursor);
    cursor = page.cursor;
    entries += page.entries.length;
    await target.write(page.entries, { ...(cursor !== undefined && { cursor }), entries });
    onProgress(entries);
    isLast = cursor === undefined;
  }
  await target.writeRest(await source.rest());
  const [from, to] = await Promise.all([source.count(), target.count()]);
  const isComplete = isSame(from, to);
  if (isComplete) await target.complete();
  return { from, to, isComplete };
}

function isSame(one: readonly Count[], other: readonly Count[]): boolean {
  const [a, b] = [one, other].map((counts) =>
    counts.map(({ provider, state, entries }) => `${provider} ${state} ${entries}`).toSorted(),
  );
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Why a ledger cannot be copied from. */
export function noSource(sentence: string): LedgerError {
  return new LedgerError('unavailable', `The ledger cannot be copied: ${sentence}`);
}

/** Why a ledger cannot be copied to. */
export function noTarget(sentence: string): LedgerError {
  return new LedgerError('unavailable', `Nothing can be copied to that ledger: ${sentence}`);
}

export const HOLDS_OTHER_DATA =
  'it is in use, or holds other data. Name one that is empty, or empty it first.';

/** Why it can neither be copied from nor be opened anew. */
export const isInUse = () =>
  new LedgerError('unavailable', 'A Quash uses the ledger. Stop every replica first.');

export const COPY_HAS_NOT_ENDED =
  'A copy into this ledger has not ended. Run quash ledger copy again, which goes on from there.';

/** @param to an address with which a ledger is opened */
export function handOverTo(to: string): HandOver {
  return { to: to.replace(/\/\/.*@/, '//'), at: new Date().toISOString() };
}

/** Why a ledger that was copied is not opened. */
export function wasHandedOver({ to, at }: HandOver): LedgerError {
  return new LedgerError(
    'unavailable',
    `This ledger was copied to ${to}, which began at ${at}; with both, what waits would be revoked twice. Set ledger.url to the new one, or give that up and run quash ledger reopen.`,
  );
}

/** @param text as a ledger has it: the JSON of a {@link HandOver}. @throws {LedgerError} unless it is for the same place */
export function compareHandOver(text: string | undefined, { to }: HandOver): void {
  const known = text === undefined ? undefined : (JSON.parse(text) as HandOver);
  if (known !== undefined && known.to !== to) throw wasHandedOver(known);
}
