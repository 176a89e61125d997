/** Several rules may match at one place, and a shorter match cuts the token that a longer one has whole. */
import { normalise } from '../provider/recognise.ts';
import { nextTurn } from '../words/next-turn.ts';
import type { Element } from './elements.ts';
import { SLICE } from './slices.ts';

type Usable = Extract<Element, { ok: true }>;

/** An element that says where it stands. */
interface Placed {
  readonly element: Usable;
  readonly text: string;
  /** The first ones of its line. */
  readonly neighbours: Placed[];
  /** Whether a provider takes it; found out when it is asked for first. */
  isTaken?: boolean;
}

/** Shorter texts are the beginning of many others by chance. */
const MIN_LENGTH = 8;

/** A line with more findings than this is generated text, where each comparison would cost. */
const MAX_NEIGHBOURS = 50;

/**
 * The elements, where a text that is only the beginning of another one at the same line is replaced by that other one:
 * it is a further report of it, and never a token of its own. A longer text that no provider takes replaces none: some
 * rules match more than the token.
 */
export async function withoutCuts(
  elements: readonly Element[],
  isTaken: (element: Usable) => boolean,
): Promise<readonly Element[]> {
  const byLine = new Map<string, Placed[]>();
  const all: (Element | Placed)[] = [];
  for (const [index, element] of elements.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    all.push(element.ok && element.location !== '' ? place(element, byLine) : element);
  }
  const whole: Element[] = [];
  for (const [index, each] of all.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    whole.push('neighbours' in each ? wholeOf(each, isTaken) : each);
  }
  return whole;
}

function place(element: Usable, byLine: Map<string, Placed[]>): Placed {
  const line = lineOf(element.location);
  const neighbours = byLine.get(line) ?? [];
  if (neighbours.length === 0) byLine.set(line, neighbours);
  const placed = { element, text: normalise(element.token), neighbours };
  if (neighbours.length < MAX_NEIGHBOURS) neighbours.push(placed);
  return placed;
}

function wholeOf({ element, text, neighbours }: Placed, isTaken: (element: Usable) => boolean): Element {
  if (text.length < MIN_LENGTH) return element;
  let longest: Placed | undefined;
  for (const other of neighbours) {
    const isLonger = other.text.length > (longest ?? { text }).text.length;
    if (!isLonger || !other.text.startsWith(text)) continue;
    other.isTaken ??= isTaken(other.element);
    if (other.isTaken) longest = other;
  }
  return longest ? { ...element, type: longest.element.type, token: longest.element.token } : element;
}

/** `…/file#L40-45` and `…/file#L40` begin at one line. */
function lineOf(location: string): string {
  return location.replace(/(#L\d+)-\d+$/, '$1');
}
