/** From the configuration to channels. */

import type { Ledger } from '../ledger/ledger.ts';
import type { UpstreamFactory } from '../upstream/client.ts';
import type { Clock } from '../words/clock.ts';
import type { Channel } from './channel.ts';
import { channelName, type NotifyItem } from './config.ts';
import { createEmail } from './email.ts';
import { createNotice, type Notice } from './notice.ts';
import { isWanted } from './notice-event.ts';
import { sendSlack } from './slack.ts';
import { createTarget } from './target.ts';
import { sendWebhook } from './webhook.ts';

export interface NoticeSettings {
  readonly ledger: Pick<Ledger, 'get'>;
  readonly upstream: Pick<UpstreamFactory, 'for'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly publicUrl?: string | undefined;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string | undefined;
}

type Send = (notice: Notice, signal: AbortSignal) => Promise<void>;

/** More than that at once makes several messages. */
const LIMIT = 10_000;
/** A person reads the first ones; a program may want to handle each. */
const LISTED_FOR_PEOPLE = 10;
const LISTED_FOR_PROGRAMS = 100;

export function noticeChannels(items: readonly NotifyItem[], settings: NoticeSettings): readonly Channel[] {
  return items.map((item, index) => {
    const name = channelName(item, index);
    const send = createSend(item, settings);
    const listed = item.type === 'webhook' ? LISTED_FOR_PROGRAMS : LISTED_FOR_PEOPLE;
    const { ledger, publicUrl } = settings;
    return {
      name,
      groupMs: item.groupSeconds * 1000,
      limit: LIMIT,
      wants: (announcement) => isWanted(announcement, item.events),
      async deliver(news, signal) {
        const notice = await createNotice(news, { channel: name, ledger, listed, publicUrl });
        await send(notice, signal);
        const { length } = news.announcements;
        return { handled: length, told: length };
      },
    };
  });
}

function createSend(item: NotifyItem, { upstream, clock, timeoutMs, ca }: NoticeSettings): Send {
  const upstreamFor = (origin: string) => upstream.for('notify', origin);
  switch (item.type) {
    case 'webhook': {
      const target = createTarget(item.url, upstreamFor);
      return (notice, signal) => sendWebhook(notice, { target, secret: item.secret, clock }, signal);
    }
    case 'slack': {
      const target = createTarget(item.url, upstreamFor);
      return (notice, signal) => sendSlack(notice, target, signal);
    }
    case 'email':
      return createEmail({ settings: item, timeoutMs, ca });
  }
}
