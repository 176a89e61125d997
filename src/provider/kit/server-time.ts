/** What time it is at a vendor, who ends tokens and limits by a clock of his own, while ours may be hours or days off. */
import type { Clock } from '../../words/clock.ts';
import type { Answer } from '../upstream.ts';

/** As every server that has a clock writes it (RFC 9110, 5.6.7 and 6.6.1); the older forms are of no use here. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** In ms since the epoch, by the answer's own `Date`; by our clock where it has none. */
export function serverTime({ header }: Pick<Answer, 'header'>, clock: Clock): number {
  const date = header('date') ?? '';
  const saidMs = HTTP_DATE.test(date) ? Date.parse(date) : Number.NaN;
  return Number.isNaN(saidMs) ? clock.now() : saidMs;
}
