/** A channel whose notices a person can have sent again. */
import type { Announcement } from '../ledger/announcement.ts';
import { Failure } from '../provider/failure.ts';
import type { AnnouncementsToDeliver, Channel, Delivered } from './channel.ts';
import type { NoticeLog } from './notice-log.ts';

/** Sends a notice by what the log has of it. @throws {Failure} */
export type SendContent = (content: string, signal: AbortSignal) => Promise<void>;

/** What came before such a wish is delivered before. */
export function sendingAgain(channel: Channel, log: NoticeLog, send: SendContent): Channel {
  return {
    ...channel,
    wants: (announcement) =>
      isWish(announcement) ? announcement.channel === channel.name : channel.wants(announcement),
    async deliver(news, signal): Promise<Delivered> {
      const { announcements, missed } = news;
      const at = announcements.findIndex(isWish);
      const wish = announcements[at];
      if (!wish) return channel.deliver(news, signal);
      if (at > 0) return channel.deliver(newsBefore(news, at), signal);
      if (missed > 0) await channel.deliver(newsBefore(news, at), signal);
      return { handled: 1, told: (await fulfil(wish, { log, send }, signal)) ? 1 : 0 };
    },
  };
}

export function isWish({ kind }: Announcement): boolean {
  return kind === 'send-again';
}

function newsBefore(news: AnnouncementsToDeliver, at: number): AnnouncementsToDeliver {
  return { ...news, announcements: news.announcements.slice(0, at) };
}

/** Tries once: the log has what came of it, and what waits behind goes on. @returns whether it was delivered */
async function fulfil(
  { notice = '', at }: Announcement,
  { log, send }: { log: NoticeLog; send: SendContent },
  signal: AbortSignal,
): Promise<boolean> {
  const logged = await log.find(notice);
  // It waited when that was asked for, and was delivered since.
  if (!logged || (logged.answer.delivered && logged.lastAt > at)) return false;
  try {
    await log.send(logged, () => send(logged.content, signal), signal);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
    return false;
  }
}
