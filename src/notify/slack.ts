/**
 * Notices to an incoming webhook of Slack (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 * checked 2026-11-22) or Mattermost, which takes the same JSON. The message is its `text` alone: Mattermost knows no
 * blocks, and Slack shows no text beside them.
 */
import type { Notice } from './notice.ts';
import { post, type Target } from './target.ts';
import { type Item, inWords, type Section } from './words.ts';

/** Slack cuts a text at 40,000 characters, Mattermost refuses one over 16,383. */
const MAX_LENGTH = 16_000;
const CUT = '\n…';

/** @throws {Failure} */
export async function sendSlack(notice: Notice, target: Target, signal: AbortSignal): Promise<void> {
  await post(target, { json: { text: slackText(notice) }, signal });
}

export function slackText(notice: Notice): string {
  const { subject, sections } = inWords(notice);
  const end = notice.dashboard === undefined ? '' : `\n<${notice.dashboard}|Dashboard>`;
  const text = [`*${escaped(subject)}*`, ...sections.flatMap(sectionLines)].join('\n');
  return withinLength(text, MAX_LENGTH - end.length) + end;
}

/** Cut behind a line: half of a link, or of a character, might be refused each time. */
function withinLength(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, text.lastIndexOf('\n', max - CUT.length))}${CUT}`;
}

function sectionLines({ heading, counts, entries, next }: Section): readonly string[] {
  return [
    `*${escaped(heading)}*`,
    ...counts.map((count) => `• ${escaped(count)}`),
    ...(next === undefined ? [] : [`_${escaped(next)}_`]),
    ...entries.map(entryLine),
  ];
}

function entryLine({ id, text, url }: Item): string {
  const name = id.slice(0, 12);
  return `◦ ${url === undefined ? `\`${id}\`` : `<${url}|${name}>`} ${escaped(text)}`;
}

/** The three characters that mean something to Slack; @ would call people in Mattermost. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '@\u200b');
}
