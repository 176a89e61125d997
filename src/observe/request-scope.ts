/**
 * Knows in which request something happens, so that every line about it can name the request without each function
 * handing its id on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Runs the work, and all that it starts, as a part of this request. */
export function inRequest<T>(id: string, work: () => T): T {
  return current.run(id, work);
}

/** Undefined where no request is being answered. */
export function currentRequestId(): string | undefined {
  return current.getStore();
}
