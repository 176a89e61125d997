/** Vendors show their keys shortened: `sk-abc...wxyz`, `****1234`, `AbCdEf`. Whether a token may be such a record's. */

/** A mask in the middle, at an end, or both: dots, an ellipsis, stars or bullets. */
const MASK = /[.*…•]{2,}|…|\*/;

/** Below this many visible characters a shortened key says nothing: at most one in a million fits by chance. */
const MIN_SHOWN = 4;

export interface Shown {
  /** What every key of this kind begins with, which tells nothing apart. */
  readonly fixedHead?: string;
  /** Visible characters beyond the fixed head; never less than {@link MIN_SHOWN}. */
  readonly minShown?: number;
}

/**
 * Whether a key that the vendor shows like this may be the token.
 * @param shown as the vendor shows it; a text without a mask is a beginning or an ending: say so by adding `...`
 */
export function mayBe(
  token: string,
  shown: string,
  { fixedHead = '', minShown = MIN_SHOWN }: Shown = {},
): boolean {
  const ends = endsOf(shown);
  if (!ends) return false;
  const { head, tail } = ends;
  if (head.length + tail.length > token.length) return false;
  const beyond = head.startsWith(fixedHead) ? head.length - fixedHead.length : 0;
  if (beyond + tail.length < Math.max(minShown, MIN_SHOWN)) return false;
  return token.startsWith(head) && token.endsWith(tail);
}

/** Whether what the vendor shows, however little, is of another key. */
export function cannotBe(token: string, shown: string): boolean {
  const ends = endsOf(shown);
  return ends !== undefined && !(token.startsWith(ends.head) && token.endsWith(ends.tail));
}

/** What stands around the mask; a second mask would leave characters in the middle that cannot be compared. */
function endsOf(shown: string): { readonly head: string; readonly tail: string } | undefined {
  const mask = MASK.exec(shown);
  if (!mask) return undefined;
  const tail = shown.slice(mask.index).replace(/^[.*…•]+/, '');
  return MASK.test(tail) ? undefined : { head: shown.slice(0, mask.index), tail };
}
