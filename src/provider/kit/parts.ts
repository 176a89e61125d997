/** For vendors that take many tokens in a call, and refuse all of them for what a single one looks like. */

/** Fifteen calls at most. */
const MAX_HALVINGS = 3;

/**
 * Hands in a list. One that is refused is halved, and each half handed in by itself, so that an odd text does not hold up
 * the others.
 * @param isRefused whether the failure is about what stands in the list
 * @returns what was not taken, with the failure
 */
export async function inParts<Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<void>,
  isRefused: (failure: unknown) => boolean,
  halvings = MAX_HALVINGS,
): Promise<ReadonlyMap<Item, unknown>> {
  if (items.length === 0) return new Map();
  try {
    await send(items);
    return new Map();
  } catch (failure) {
    if (items.length === 1 || halvings === 0 || !isRefused(failure)) {
      return new Map(items.map((item) => [item, failure]));
    }
    const middle = Math.ceil(items.length / 2);
    const first = await inParts(items.slice(0, middle), send, isRefused, halvings - 1);
    const second = await inParts(items.slice(middle), send, isRefused, halvings - 1);
    return new Map([...first, ...second]);
  }
}
