/** Resolves in the next turn of the event loop, once whatever waits now has had its own. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
