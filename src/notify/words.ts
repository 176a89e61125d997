/** A notice in plain words, for the channels that a person reads. */

import type { Notice, NoticeCount, NoticeEntry, NoticeLane, NoticeOutcome } from './notice.ts';
import type { NoticeEvent } from './notice-event.ts';

export interface Words {
  /** One line that says it all. */
  readonly subject: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly heading: string;
  /** How many, by provider and outcome; or which lanes and why. */
  readonly counts: readonly string[];
  readonly entries: readonly Item[];
  /** What a person should do now. */
  readonly next?: string;
}

export interface Item {
  readonly id: string;
  readonly text: string;
  readonly url?: string;
}

interface Phrase {
  /** After a number: `needs a person`, `need a person`. */
  readonly one: string;
  readonly many: string;
  readonly next?: string;
}

const PHRASES: Readonly<Record<NoticeEvent, Phrase>> = {
  'wrong-record': {
    one: 'token may have been mistaken for another',
    many: 'tokens may have been mistaken for others',
    next: 'Look at these at once: something else than the leaked token may have been revoked. Its history says what.',
  },
  'alive-again': {
    one: 'token that was taken for dead works',
    many: 'tokens that were taken for dead work',
    next: 'Find out whether somebody reactivated them. Quash works on them again, as the mode of their provider says.',
  },
  attention: {
    one: 'token needs a person',
    many: 'tokens need a person',
    next: 'These may still work. Do what is advised at each, then retry or dismiss it.',
  },
  held: {
    one: 'token waits for approval',
    many: 'tokens wait for approval',
    next: 'These may still work. The dashboard and `quash show ID` say what else an approval hits: then approve or dismiss each, there or with `quash approve ID`.',
  },
  'lane-parked': {
    one: 'provider is stopped',
    many: 'providers are stopped',
    next: 'Nothing is revoked there until somebody resumes it with `quash resume PROVIDER`.',
  },
  'lane-paused': {
    one: 'provider is paused',
    many: 'providers are paused',
    next: 'It goes on by itself once the cause is gone. If it is our credential or the address, correct that.',
  },
  'lane-resumed': { one: 'provider goes on', many: 'providers go on' },
  done: { one: 'token is done', many: 'tokens are done' },
  dismissed: { one: 'token was dismissed', many: 'tokens were dismissed' },
};

const MISSED: Phrase = {
  one: 'earlier event is not told here',
  many: 'earlier events are not told here',
  next: 'So much happened while this could not be delivered that the oldest news made room. Look for what needs a person on the dashboard, or by `quash list --state attention` and `quash list --state held`.',
};

export function inWords({ counts, entries, moreEntries, lanes, missed }: Notice): Words {
  const happenings = [...new Set([...counts, ...lanes].map(({ event }) => event))];
  const sections = happenings.map((event) =>
    section(
      event,
      counts.filter((each) => each.event === event),
      lanes.filter((each) => each.event === event),
      entries.filter((each) => each.event === event),
    ),
  );
  if (missed > 0) sections.push(sectionOf(MISSED, missed));
  const more = moreEntries > 0 ? [{ heading: `and ${moreEntries} more`, counts: [], entries: [] }] : [];
  return {
    subject: `Quash: ${sections.map(({ heading }) => heading).join(', ')}`,
    sections: [...sections, ...more],
  };
}

function section(
  event: NoticeEvent,
  counts: readonly NoticeCount[],
  lanes: readonly NoticeLane[],
  entries: readonly NoticeEntry[],
): Section {
  const total = counts.reduce((sum, count) => sum + count.entries, 0) || lanes.length;
  return {
    ...sectionOf(PHRASES[event], total),
    counts: [...counts.map(countLine), ...lanes.map(laneLine)],
    entries: entries.map(item),
  };
}

function sectionOf({ one, many, next }: Phrase, total: number): Section {
  const heading = `${total} ${total === 1 ? one : many}`;
  return { heading, counts: [], entries: [], ...(next !== undefined && { next }) };
}

function countLine({ provider, outcome, entries }: NoticeCount): string {
  return outcome ? `${provider}: ${entries} ${outcomeText(outcome)}` : `${provider}: ${entries}`;
}

function laneLine({ event, provider, reason }: NoticeLane): string {
  if (event === 'lane-resumed') return `${provider}: ${endOfPause(reason)}`;
  return reason === undefined ? provider : `${provider}: ${reason}`;
}

function endOfPause(reason: string | undefined): string {
  if (reason === 'in-part') return 'what does without our credential goes on; the rest waits for that';
  return reason === 'recovered' ? 'what was paused goes on, by itself' : 'resumed by a person';
}

function item({ id, provider, kind, types, outcome, advice, subject = {}, url }: NoticeEntry): Item {
  const what = [provider, kind, types.length > 0 && `(${types.join(', ')})`].filter(Boolean).join(' ');
  const ending = outcome ? `: ${outcomeText(outcome)}` : '';
  const told = Object.entries(subject).map(([label, value]) => `${label}: ${value}`);
  const text = [
    `${what}${ending}`,
    ...(told.length > 0 ? [told.join('; ')] : []),
    ...(advice === undefined ? [] : [advice]),
  ].join('. ');
  return { id, text, ...(url !== undefined && { url }) };
}

function outcomeText({ kind, verified, reason }: NoticeOutcome): string {
  if (reason !== undefined) return `${kind} (${reason})`;
  return verified ? `${kind} (proven)` : kind;
}
