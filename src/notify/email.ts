/** Notices by e-mail. */
import type { EmailSettings } from './config.ts';
import type { Notice } from './notice.ts';
import { createSmtp, type SmtpOptions } from './smtp.ts';
import { type Item, inWords, type Section, type Words } from './words.ts';

export interface EmailOptions extends Omit<SmtpOptions, 'server'> {
  readonly settings: EmailSettings;
}

/** @returns what sends one notice; it throws a {@link Failure} when no receiver was accepted */
export function createEmail({ settings, ...options }: EmailOptions) {
  const send = createSmtp({ server: settings, ...options });
  return async (notice: Notice, signal: AbortSignal): Promise<void> => {
    const words = inWords(notice);
    const { id, at } = notice;
    const content = { subject: words.subject, text: plainText(words, notice), html: html(words, notice) };
    await send({ id, at, to: settings.to, ...content }, signal);
  };
}

function plainText({ subject, sections }: Words, { dashboard }: Notice): string {
  const end = dashboard === undefined ? [] : ['', `Dashboard: ${dashboard}`];
  return [subject, ...sections.flatMap(plainSection), ...end, ''].join('\n');
}

function plainSection({ heading, counts, entries, next }: Section): readonly string[] {
  return [
    '',
    `== ${heading}`,
    ...counts.map((count) => `   ${count}`),
    ...(next === undefined ? [] : [next]),
    ...entries.map(({ id, text, url }) => ` - ${text}\n   ${url ?? id}`),
  ];
}

function html({ subject, sections }: Words, { dashboard }: Notice): string {
  const end = dashboard === undefined ? '' : `<p><a href="${escaped(dashboard)}">Dashboard</a></p>`;
  return `<h1 style="font-size:1.2em">${escaped(subject)}</h1>${sections.map(htmlSection).join('')}${end}`;
}

function htmlSection({ heading, counts, entries, next }: Section): string {
  const list = (items: readonly string[]) =>
    items.length > 0 ? `<ul>${items.map((each) => `<li>${each}</li>`).join('')}</ul>` : '';
  const advice = next === undefined ? '' : `<p><b>${escaped(next)}</b></p>`;
  return `<h2 style="font-size:1em">${escaped(heading)}</h2>${list(counts.map(escaped))}${advice}${list(entries.map(htmlItem))}`;
}

function htmlItem({ id, text, url }: Item): string {
  const name =
    url === undefined
      ? `<code>${escaped(id)}</code>`
      : `<a href="${escaped(url)}">${escaped(id.slice(0, 12))}</a>`;
  return `${escaped(text)} ${name}`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
