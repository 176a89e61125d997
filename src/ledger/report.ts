/** What the HTTP side hands over, and what the ledger made of it. */
import type { Outcome } from '../words/outcome.ts';
import type { Share } from '../words/share.ts';

/** So often in an hour reports start a held entry anew. */
export const MAX_RESTARTS_OF_HELD = 10;
/** So many of one request are written at once. */
export const REPORTS_PER_PART = 1_000;
/** Of a larger request; in between others have their turn, and wait as long as one part takes. */
export const REPORTS_PER_PART_OF_MANY = 100;

/** How long the entries of an id of {@link ReportedToken.beyond} are counted, which is used for a day. */
export const COUNTS_KEPT_MS = 2 * 24 * 3_600_000;

/** One reported token, as the HTTP side hands it over. */
export interface ReportedToken {
  /** Keyed fingerprint of provider and token, see `Vault.fingerprint`. */
  readonly id: string;
  readonly provider: string;
  readonly kind: string;
  readonly type: string;
  /** Empty when the scanner gave none. */
  readonly location: string;
  /** Quash may read at the location: GitLab itself reported it. One that is readable stays so. */
  readonly readable: boolean;
  /** The name of who reports it. */
  readonly caller?: string;
  /**
   * Once `after` entries were made of reports with the same `id` here, further ones make none: they count for the entry
   * of that id, which keeps no sealed text.
   */
  readonly beyond?: { readonly id: string; readonly after: number };
  /** With whom it takes turns, and whose share of backlog and safety valve it uses. Absent: it has no share to keep to. */
  readonly share?: Share;
  /**
   * Empty where no text is kept; then no person can queue it again. Read where it is written, and once at most: whoever
   * makes a report may seal it only then.
   */
  readonly sealed: string;
  readonly initial:
    | { readonly state: 'queued' }
    /** The outcome says why it waits. */
    | { readonly state: 'held'; readonly outcome?: Outcome }
    | { readonly state: 'attention'; readonly outcome: Outcome }
    /** The operator's configuration ignores it: it has ended, and is not announced. */
    | { readonly state: 'dismissed'; readonly outcome: Outcome };
  /** Names what the reporter calls this leak, so that it can be told what became of it; opaque to the ledger. */
  readonly finding?: string;
  /**
   * An entry that is `done` because its token was dead (`revoked`, `already-inactive`), and ended before this time, is
   * queued with phase `recheck` and keeps its outcome until a settlement brings another one. Absent: never.
   */
  readonly recheckEndedBefore?: number;
  /**
   * An entry that ended, needs attention or is held for one of these reasons (or kinds of outcome) starts anew with this
   * report; one that is held at most {@link MAX_RESTARTS_OF_HELD} times an hour, as a person may be about to decide. What
   * a person dismissed does not, only what was `ignored`.
   */
  readonly restarts: readonly string[];
  /** The same, where the report's location is new to the entry, or can be read only now: there may be now what was missing before. */
  readonly restartsAtNewPlace?: readonly string[];
}

/** What tells whether a report says anything new. */
export type RepeatedReport = Pick<
  ReportedToken,
  'id' | 'type' | 'location' | 'readable' | 'finding' | 'restarts' | 'recheckEndedBefore'
>;

export interface RepeatOptions {
  readonly now: number;
  /** Asked between the parts of a large request: when it says so, the rest of it is not counted. */
  readonly isOver?: () => boolean;
}

export interface AcceptOptions {
  readonly now: number;
  /**
   * When this many entries are queued already, the whole request is refused with `backlog-full`. So is one whose new
   * elements are all of namespaces of which a tenth as many are queued, see {@link ReportedToken.share}.
   */
  readonly backlog: number;
  /** Asked between the parts of a large request: when it says so, the rest of it is left. */
  readonly isOver?: () => boolean;
}

export interface AcceptResult {
  /** New entries. */
  readonly created: number;
  /** Reports of an entry that was there already, or earlier in the same request. */
  readonly repeated: number;
  /** Positions of the reports whose entries wait for a person from now on: they are new, or begin anew. */
  readonly setAside: readonly number[];
  /** Positions of those that only count for another entry, see {@link ReportedToken.beyond}. */
  readonly beyond: readonly number[];
  /** How many reports, the last ones, were left: see {@link AcceptOptions.isOver}. */
  readonly left: number;
}

/** The reports of a request in their order. Those of a large one may be made when they are asked for, each time anew. */
export type ReportList<Report = ReportedToken> =
  | readonly Report[]
  | Pick<readonly Report[], 'length' | 'slice'>;

/**
 * A request in the parts in which it is written, each with the position of its first report.
 * @param isOver asked before each part but the first: when it says so, no further one comes
 */
export function* inParts<Report>(
  reports: ReportList<Report>,
  isOver: () => boolean = () => false,
): Generator<readonly [start: number, part: readonly Report[]]> {
  const size = isOnePart(reports) ? REPORTS_PER_PART : REPORTS_PER_PART_OF_MANY;
  for (let start = 0; start < reports.length; start += size) {
    if (start > 0 && isOver()) return;
    yield [start, reports.slice(start, start + size)];
  }
}

/** @param count of one part, which of its reports were counted @returns the same for all; what there was no time for was not */
export async function countInParts<Report>(
  reports: ReportList<Report>,
  isOver: (() => boolean) | undefined,
  count: (part: readonly Report[]) => Promise<Iterable<boolean>>,
): Promise<readonly boolean[]> {
  const counted: boolean[] = [];
  for (const [, part] of inParts(reports, isOver)) for (const one of await count(part)) counted.push(one);
  return counted.concat(new Array<boolean>(reports.length - counted.length).fill(false));
}

export function isOnePart({ length }: ReportList<unknown>): boolean {
  return length <= REPORTS_PER_PART;
}
