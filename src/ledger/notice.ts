/** What became of the messages to channels, for persons: kept sealed, and not for long. */

/** Notices that a ledger keeps, in each of its partitions; the oldest make room. */
export const MAX_NOTICES = 1_000;

export interface NoticeSummary {
  /** Hexadecimal digits. */
  readonly id: string;
  readonly channel: string;
  /** Where it goes: an origin, or addresses of e-mail. */
  readonly target: string;
  /** When it was tried for the first time, and for the last time. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly attempts: number;
  /** What came of the last attempt. */
  readonly answer: NoticeAnswer;
  readonly counts: readonly NoticeSubject[];
  /** How many earlier announcements it says are lost to its channel. */
  readonly missed: number;
}

export interface NoticeAnswer {
  /** The receiver took it. */
  readonly delivered: boolean;
  /** A failure's code, and the constant sentence that goes with it. */
  readonly code?: string;
  readonly message?: string;
  /** Of HTTP or SMTP, where there was one. */
  readonly status?: number;
}

/** How many entries, or lanes, of one provider it tells something of. */
export interface NoticeSubject {
  readonly event: string;
  readonly provider: string;
  readonly entries: number;
}

export interface LoggedNotice extends NoticeSummary {
  /** From which it can be sent again; opaque to the ledger. */
  readonly content: string;
}
