/** What time it is at a vendor, who ends tokens and limits by a clock of his own, while ours may be hours or days off. */
import type { Clock } from '../../words/clock.ts';
import { parseHttpDate } from '../../words/http-date.ts';
import type { Answer } from '../upstream.ts';

/** In ms since the epoch, by the answer's own `Date`; by our clock where it has none. */
export function serverTime({ header }: Pick<Answer, 'header'>, clock: Clock): number {
  return parseHttpDate(header('date')) ?? clock.now();
}
