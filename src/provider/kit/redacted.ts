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
  const mask = MASK.exec(shown);
  if (!mask) return false;
  const head = shown.slice(0, mask.index);
  const tail = shown.slice(mask.index).replace(/^[.*…•]+/, '');
  // A second mask would leave characters in the middle that cannot be compared.
  if (MASK.test(tail)) return false;
  if (head.length + tail.length > token.length) return false;
  const beyond = head.startsWith(fixedHead) ? head.length - fixedHead.length : 0;
  if (beyond + tail.length < Math.max(minShown, MIN_SHOWN)) return false;
  return token.startsWith(head) && token.endsWith(tail);
}
