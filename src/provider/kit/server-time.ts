/** What time it is at a vendor, who ends tokens and limits by a clock of his own, while ours may be hours or days off. */
import type { Clock } from '../../words/clock.ts';
import { msUntil, timeOf } from '../../words/http-date.ts';
import type { Answer } from '../upstream.ts';

/** In ms since the epoch, by the answer's own `Date`; by our clock where it has none. */
export function serverTime({ header }: Pick<Answer, 'header'>, clock: Clock): number {
  return timeOf(header, clock.now());
}

/** For a session that the vendor says the end of. @param end as it writes it, with its zone */
export function secondsUntil(end: string, { header }: Pick<Answer, 'header'>, clock: Clock): number {
  return msUntil(Date.parse(end), header, clock.now()) / 1000;
}
