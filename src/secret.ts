import { inspect } from 'node:util';

const MASK = '[secret]';

/**
 * A value that must never be shown. Printing, serialising or inspecting it yields `[secret]`;
 * only {@link reveal} gives the text, and that is called in providers, the upstream client and the sealer only.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. A test keeps the list of files that may call this. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
