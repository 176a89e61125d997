/** Notices by e-mail over SMTP, encrypted unless the operator says otherwise. */
import { getCACertificates } from 'node:tls';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { Failure, type FailureCode } from '../provider/failure.ts';
import type { EmailSettings } from './config.ts';
import type { Notice } from './notice.ts';
import { type Item, inWords, type Section, type Words } from './words.ts';

export interface EmailOptions {
  readonly settings: EmailSettings;
  readonly timeoutMs: number;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string | undefined;
}

/** @returns what sends one notice; it throws a {@link Failure} when no receiver was accepted */
export function createEmail({ settings, timeoutMs, ca }: EmailOptions) {
  const { host, port, tls, username, password, from, to } = settings;
  const transport = createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(ca !== undefined && { tls: { ca: [...getCACertificates('default'), ca] } }),
    // Forced, because without it a server that offers no login would be given the message all the same.
    ...(username !== undefined && {
      auth: { user: username, pass: password?.reveal() ?? '' },
      forceAuth: true,
    }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return async (notice: Notice, signal: AbortSignal): Promise<void> => {
    const words = inWords(notice);
    const mail: SendMailOptions & { signal: AbortSignal } = {
      ...{ from, to, subject: words.subject, text: plainText(words, notice), html: html(words, notice) },
      // The same for the same news, so that mail servers can drop a duplicate.
      messageId: `<${notice.id}@quash.invalid>`,
      date: new Date(notice.at),
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal,
    };
    try {
      await transport.sendMail(mail);
    } catch (error) {
      throw new Failure(codeOf(error), { target: `smtp://${host}:${port}`, ...statusOf(error) });
    }
  };
}

const CODES: Readonly<Record<string, FailureCode>> = {
  EAUTH: 'credential-refused',
  ENOAUTH: 'credential-refused',
  ECONNECTION: 'unreachable',
  EDNS: 'unknown-host',
  ESOCKET: 'unreachable',
  ETIMEDOUT: 'timeout',
  ETLS: 'misconfigured',
  EABORT: 'timeout',
};

/** The error's own text is the server's, so only its code is kept. */
function codeOf(error: unknown): FailureCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A server that closes, or a handshake that fails, over a certificate that is not trusted.
  return isCertificateFault(error) ? 'untrusted-certificate' : (CODES[code] ?? 'unexpected-answer');
}

function isCertificateFault(error: unknown): boolean {
  return error instanceof Error && /certificate/i.test(error.message);
}

function statusOf(error: unknown): { readonly status?: number } {
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof status === 'number' ? { status } : {};
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
