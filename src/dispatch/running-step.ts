import type { Step } from '../provider/provider.ts';
import type { Secret } from '../words/secret.ts';

export interface StepOptions {
  readonly kind: string;
  /** What an earlier step remembered. */
  readonly note: unknown;
  /** By kind. */
  readonly parts: Readonly<Record<string, readonly Secret[]>>;
  readonly signal: AbortSignal;
  readonly context: () => Promise<Secret | undefined>;
}

/** The step that a provider sees, and what it left to be remembered. */
export class RunningStep implements Step {
  readonly kind: string;
  readonly signal: AbortSignal;
  readonly context: () => Promise<Secret | undefined>;
  readonly #parts: StepOptions['parts'];
  note: unknown;
  /** Undefined when nothing was remembered in this step. */
  remembered: unknown;

  constructor({ kind, note, parts, signal, context }: StepOptions) {
    this.kind = kind;
    this.note = note;
    this.#parts = parts;
    this.signal = signal;
    this.context = context;
  }

  /** Seen at once by the rest of this step; the dispatcher seals it with the entry when the step ends. */
  remember(note: unknown): void {
    // What cannot be kept is the provider's mistake: it fails here, and not where the ledger is written.
    JSON.stringify(note);
    this.note = note;
    this.remembered = note;
  }

  parts(kind: string): readonly Secret[] {
    return this.#parts[kind] ?? [];
  }
}
