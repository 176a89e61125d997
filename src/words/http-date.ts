/** Times in headers of HTTP (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7), without the obsolete forms. */

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** In ms since the epoch. @param text `Thu, 01 Jan 2026 00:01:30 GMT`; undefined for anything else */
export function parseHttpDate(text: string | undefined): number | undefined {
  const ms = HTTP_DATE.test(text ?? '') ? Date.parse(text ?? '') : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** What time it is, in ms since the epoch: by the `Date` of whoever answers, and by our clock where the answer has none. */
export function timeOf(header: (name: string) => string | undefined, nowMs: number): number {
  return parseHttpDate(header('date')) ?? nowMs;
}

/**
 * How long it is until a time that an answer names: by the clock of whoever answers, as far as that is told, for ours may be
 * another one.
 * @param header gives the answer's headers, of which `Date` counts
 */
export function msUntil(endsAt: number, header: (name: string) => string | undefined, nowMs: number): number {
  return endsAt - timeOf(header, nowMs);
}
