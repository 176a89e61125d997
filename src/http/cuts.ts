/** Several rules may match at one place, and a shorter one cuts what a longer one has whole. */
import { normalise } from '../provider/recognise.ts';
import type { Element } from './elements.ts';

type Usable = Extract<Element, { ok: true }>;

/** Shorter texts begin many others by chance. */
const MIN_LENGTH = 8;

/**
 * The elements, where a text that is only the beginning of another one at the same line is replaced by that other one:
 * it is a further report of it, and never a token of its own.
 */
export function withoutCuts(elements: readonly Element[]): readonly Element[] {
  const byLine = new Map<string, Usable[]>();
  for (const element of elements) {
    if (!element.ok || element.location === '') continue;
    const line = lineOf(element.location);
    const known = byLine.get(line);
    if (known) known.push(element);
    else byLine.set(line, [element]);
  }
  return elements.map((element) => {
    if (!element.ok || element.location === '') return element;
    const neighbours = byLine.get(lineOf(element.location)) ?? [];
    return neighbours.length > 1 ? (wholeOf(element, neighbours) ?? element) : element;
  });
}

/** A line with more findings than this is generated text, where each comparison would cost. */
const MAX_NEIGHBOURS = 50;

function wholeOf(element: Usable, neighbours: readonly Usable[]): Usable | undefined {
  const text = normalise(element.token);
  if (text.length < MIN_LENGTH) return undefined;
  let longest: Usable | undefined;
  for (const each of neighbours.slice(0, MAX_NEIGHBOURS)) {
    const other = normalise(each.token);
    const isLonger = other.length > text.length && other.startsWith(text);
    if (isLonger && other.length > (longest ? normalise(longest.token).length : 0)) longest = each;
  }
  return longest && { ...element, type: longest.type, token: longest.token };
}

/** `…/file#L40-45` and `…/file#L40` begin at one line. */
function lineOf(location: string): string {
  return location.replace(/(#L\d+)-\d+$/, '$1');
}
