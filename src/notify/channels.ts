/** From the configuration to channels. */

import type { Ledger } from '../ledger/ledger.ts';
import type { NoticeSubject } from '../ledger/notice.ts';
import type { Observe } from '../observe/events.ts';
import type { UpstreamFactory } from '../upstream/client.ts';
import type { Clock } from '../words/clock.ts';
import type { Channel } from './channel.ts';
import { channelName, type NotifyItem, type OwnerSettings } from './config.ts';
import { createEmail } from './email.ts';
import { createNotice, type Notice } from './notice.ts';
import { isWanted } from './notice-event.ts';
import { logIdOf, NoticeLog } from './notice-log.ts';
import { type OwnerInstance, ownerChannel } from './owner.ts';
import { sendingAgain } from './send-again.ts';
import { sendSlack } from './slack.ts';
import { createSmtp } from './smtp.ts';
import { createTarget, originOf } from './target.ts';
import { sendWebhook } from './webhook.ts';

export interface NoticeSettings {
  readonly ledger: Pick<Ledger, 'get' | 'notice' | 'saveNotice' | 'countOfDay'>;
  readonly upstream: Pick<UpstreamFactory, 'for'>;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly timeoutMs: number;
  readonly publicUrl?: string | undefined;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string | undefined;
  /** Where owners and authors are looked for. */
  readonly instances: readonly OwnerInstance[];
  /** See {@link OwnerOptions.fingerprint}. */
  readonly fingerprint: (text: string) => string;
}

/** What tells operators. */
type OperatorItem = Exclude<NotifyItem, OwnerSettings>;

type Send = (notice: Notice, signal: AbortSignal) => Promise<void>;

/** More than that at once makes several messages. */
const LIMIT = 10_000;
/** A person reads the first ones; a program may want to handle each. */
const LISTED_FOR_PEOPLE = 10;
const LISTED_FOR_PROGRAMS = 100;

export function noticeChannels(items: readonly NotifyItem[], settings: NoticeSettings): readonly Channel[] {
  return items.map((item, index) => {
    const name = channelName(item, index);
    return item.type === 'owner' ? toOwners(item, name, settings) : noticeChannel(item, name, settings);
  });
}

function toOwners(item: OwnerSettings, name: string, settings: NoticeSettings): Channel {
  const { upstream, timeoutMs, ca, ...shared } = settings;
  const send = createSmtp({ server: item, timeoutMs, ca });
  return ownerChannel({
    ...{ ...shared, name, settings: item, send },
    upstreamFor: (url) => upstream.for('notify', url),
  });
}

function noticeChannel(item: OperatorItem, name: string, settings: NoticeSettings): Channel {
  const send = createSend(item, settings);
  const listed = item.type === 'webhook' ? LISTED_FOR_PROGRAMS : LISTED_FOR_PEOPLE;
  const { ledger, publicUrl, clock, observe } = settings;
  const log = new NoticeLog({ channel: name, ledger, clock, observe });
  const channel: Channel = {
    name,
    groupMs: item.groupSeconds * 1000,
    limit: LIMIT,
    wants: (announcement) => isWanted(announcement, item.events),
    async deliver(news, signal) {
      const notice = await createNotice(news, { channel: name, ledger, listed, publicUrl });
      const oldest = news.announcements[0] ?? news.newest;
      const message = {
        ...{ id: logIdOf(name, oldest), target: targetOf(item), content: JSON.stringify(notice) },
        ...{ counts: subjectsOf(notice), missed: notice.missed },
      };
      await log.send(message, () => send(notice, signal), signal);
      const { length } = news.announcements;
      return { handled: length, told: length };
    },
  };
  return sendingAgain(channel, log, (content, signal) => send(JSON.parse(content) as Notice, signal));
}

/** Whoever knows the whole address of a webhook can post to it. */
function targetOf(item: OperatorItem): string {
  return item.type === 'email' ? item.to.join(', ') : originOf(item.url);
}

function subjectsOf({ counts, lanes }: Notice): readonly NoticeSubject[] {
  return [
    ...counts.map(({ event, provider, entries }) => ({ event, provider, entries })),
    ...lanes.map(({ event, provider }) => ({ event, provider, entries: 1 })),
  ];
}

function createSend(item: OperatorItem, { upstream, clock, timeoutMs, ca }: NoticeSettings): Send {
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
