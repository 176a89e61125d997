import { inspect } from 'node:util';

/** What stands in a secret's place. */
export const MASK = '[secret]';

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

  /** For configuration alone: what it takes tells how much of them is equal. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
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

/** All secrets in a value, however deep. */
export function* secretsIn(value: unknown): Generator<Secret> {
  if (value instanceof Secret) yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) yield* secretsIn(item);
  }
}
