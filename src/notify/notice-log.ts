/** What became of each notice, kept in the ledger, so that a person sees whether it was delivered. */
import { createHash } from 'node:crypto';
import type { Announcement } from '../ledger/announcement.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LoggedNotice, NoticeAnswer, NoticeSummary } from '../ledger/notice.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import { isOutOfTime } from './channel.ts';
import { failureOf, failureWords } from './failure-words.ts';

export interface NoticeLogOptions {
  /** The channel's name. */
  readonly channel: string;
  readonly ledger: Pick<Ledger, 'notice' | 'saveNotice'>;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** What is sent, and what a list says of it. */
export type Message = Pick<LoggedNotice, 'id' | 'target' | 'counts' | 'missed' | 'content'>;

const TAKEN: NoticeAnswer = { delivered: true };
const ID_DIGITS = 16;

export class NoticeLog {
  readonly channel: string;
  readonly #options: NoticeLogOptions;

  constructor(options: NoticeLogOptions) {
    this.channel = options.channel;
    this.#options = options;
  }

  find(id: string): Promise<LoggedNotice | undefined> {
    return this.#options.ledger.notice(id);
  }

  /** Sends it, and keeps what came of that. @throws what `send` throws */
  async send(message: Message, send: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const before = await this.find(message.id);
    try {
      await send();
    } catch (error) {
      if (!signal.aborted || isOutOfTime(signal)) await this.#keep(message, before, answerOf(error, signal));
      throw error;
    }
    await this.#keep(message, before, TAKEN);
  }

  /** A notice that was delivered must not be sent twice because that could not be written down. */
  async #keep(message: Message, before: NoticeSummary | undefined, answer: NoticeAnswer): Promise<void> {
    const { channel, ledger, clock, observe } = this.#options;
    const now = clock.now();
    const attempts = (before?.attempts ?? 0) + 1;
    const times = { firstAt: before?.firstAt ?? now, lastAt: now, attempts };
    try {
      await ledger.saveNotice({ ...message, channel, ...times, answer });
    } catch (error) {
      observe(failureEvent('notices', error));
    }
  }
}

/**
 * By which a notice is known from its first attempt until it is delivered, whatever news joins it meanwhile.
 * @param oldest what it tells first
 * @param receiver where one channel has several
 */
export function logIdOf(channel: string, oldest: Announcement, receiver = ''): string {
  const text = JSON.stringify([channel, receiver, oldest]);
  return createHash('sha256').update(text).digest('hex').slice(0, ID_DIGITS);
}

function answerOf(error: unknown, signal: AbortSignal): NoticeAnswer {
  const { code, status } = failureOf(error, signal);
  return { delivered: false, code, message: failureWords(code), ...(status !== undefined && { status }) };
}
