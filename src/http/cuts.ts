/** Several rules may match at one place, and a shorter match cuts the token that a longer one has whole. */
import { normalise } from '../provider/recognise.ts';
import { nextTurn } from '../words/next-turn.ts';
import type { Element } from './elements.ts';
import { SLICE } from './slices.ts';

type Usable = Extract<Element, { ok: true }>;

type TakerOf = (element: Usable) => string | null;

/** An element that says where it stands. */
interface Placed {
  readonly element: Usable;
  readonly text: string;
  /** The first ones of its line. */
  readonly neighbours: Placed[];
  /** The provider that takes it, or null; found out when it is asked for first. */
  provider?: string | null;
}

/** Shorter texts are the beginning of many others by chance. */
const MIN_LENGTH = 8;

/** A line with more findings than this is generated text, where each comparison would cost. */
const MAX_NEIGHBOURS = 50;

/**
 * The elements, where a text that is only the beginning of another one at the same line is replaced by that other one:
 * it is a further report of it, and never a token of its own. A longer text that no provider takes, or another one than
 * takes the shorter, replaces none: some rules match more than the token.
 * @param takerOf the id of the provider that reads a token in the text, null for none
 */
export async function withoutCuts(
  elements: readonly Element[],
  takerOf: TakerOf,
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
    whole.push('neighbours' in each ? wholeOf(each, takerOf) : each);
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

function wholeOf(placed: Placed, takerOf: TakerOf): Element {
  const { element, text, neighbours } = placed;
  if (text.length < MIN_LENGTH) return element;
  let longest: Placed | undefined;
  for (const other of neighbours) {
    const isLonger = other.text.length > (longest ?? { text }).text.length;
    if (!isLonger || !other.text.startsWith(text)) continue;
    const own = providerOf(placed, takerOf);
    const provider = providerOf(other, takerOf);
    if (provider !== null && (own === null || own === provider)) longest = other;
  }
  return longest ? { ...element, type: longest.element.type, token: longest.element.token } : element;
}

function providerOf(placed: Placed, takerOf: TakerOf): string | null {
  if (placed.provider === undefined) placed.provider = takerOf(placed.element);
  return placed.provider;
}

/** `…/file#L40-45` and `…/file#L40` begin at one line. */
function lineOf(location: string): string {
  return location.replace(/(#L\d+)-\d+$/, '$1');
}
