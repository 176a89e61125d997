import { z } from 'zod';
import { joined, matchesAround, type Surroundings } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import { Permit } from '../provider/possession.ts';
import type { Step, TokenKind } from '../provider/provider.ts';
import type { Evidence } from '../words/outcome.ts';
import { Secret } from '../words/secret.ts';
import { boundedSubject, type Subject, type Told } from '../words/subject.ts';

/** What stands around a token at its places, and how many of these there were, and reports, when it was read. */
export interface Around extends Surroundings {
  readonly known: number;
  readonly reports: number;
}

export interface StepOptions {
  readonly kind: TokenKind;
  readonly token: Secret;
  /** The stored result of {@link RunningStep.remembered} of an earlier step. */
  readonly note: unknown;
  /** By kind. */
  readonly parts: Readonly<Record<string, readonly Secret[]>>;
  readonly signal: AbortSignal;
  /** Undefined where nothing can be read. */
  readonly context: () => Promise<Around | undefined>;
  /** See {@link Step.origins}, and {@link originsOf}. Default none. */
  readonly origins?: readonly string[];
  /** See {@link Step.mayActUnproven}. */
  readonly mayActUnproven: boolean;
}

/** @param locations of an entry, oldest first, as the ledger keeps them; what is no address has no origin */
export function originsOf(locations: readonly string[]): readonly string[] {
  const origins = locations.flatMap((location) => {
    const url = URL.parse(location);
    return url?.protocol === 'https:' || url?.protocol === 'http:' ? [url.origin] : [];
  });
  return [...new Set(origins.reverse())];
}

/** What is kept with an entry between its steps: the provider's own note, and what the core has to know later. */
interface Kept {
  readonly note?: unknown;
  readonly seenAlive: readonly string[];
  readonly evidence?: Evidence | undefined;
  readonly subject?: Subject | undefined;
  /** How upstream took the revocation whose proof is still missing. */
  readonly took?: 'revoked' | 'accepted' | undefined;
}

const KEPT = z.strictObject({
  quash: z.literal(1),
  note: z.unknown().optional(),
  seenAlive: z.array(z.string()),
  evidence: z.record(z.string(), z.any()).optional(),
  subject: z.custom<Subject>().optional(),
  took: z.enum(['revoked', 'accepted']).optional(),
});

/** Before version 0.2.0 the note was the provider's alone; these of its keys named where the token had been seen. */
const OLD_PLACE = z.union([
  z.object({ keeper: z.string() }).transform(({ keeper }) => keeper),
  z.object({ tenant: z.string() }).transform(({ tenant }) => tenant),
  z.object({ instance: z.string() }).transform(({ instance }) => instance),
]);

function keptIn(stored: unknown): Kept {
  // Most steps are the first ones of their entries; that nothing fits would take longer than the rest of the work.
  if (stored === undefined) return { seenAlive: [] };
  const kept = KEPT.safeParse(stored);
  if (kept.success) return kept.data;
  const place = OLD_PLACE.safeParse(stored).data;
  return { note: stored, seenAlive: place === undefined ? [] : [place] };
}

/** The step that a provider sees, and what it left to be remembered. */
export class RunningStep implements Step {
  readonly kind: string;
  readonly tokenKind: TokenKind;
  readonly permit: Permit;
  readonly signal: AbortSignal;
  readonly origins: readonly string[];
  readonly mayActUnproven: boolean;
  /** The origins that have answered its calls. */
  readonly answeredBy = new Set<string>();
  /** Those that have answered one with a credential of ours. */
  readonly answeredToUs = new Set<string>();
  readonly #read: StepOptions['context'];
  #reading: Promise<Around | undefined> | undefined;
  #around: Around | undefined;
  #missed: Failure | undefined;
  readonly #token: Secret;
  readonly #parts: StepOptions['parts'];
  #kept: Kept;
  #changed = false;

  constructor({ kind, token, note, parts, signal, context, origins = [], mayActUnproven }: StepOptions) {
    this.kind = kind.id;
    this.tokenKind = kind;
    this.permit = new Permit(kind, token, mayActUnproven);
    this.signal = signal;
    this.#read = context;
    this.origins = origins;
    this.mayActUnproven = mayActUnproven;
    this.#token = token;
    this.#parts = parts;
    this.#kept = keptIn(note);
  }

  async context(): Promise<Secret | undefined> {
    this.#reading ??= this.#read();
    try {
      this.#around = await this.#reading;
    } catch (error) {
      // The time went to where the leak stands, which says nothing of the provider.
      const failure = isTimeout(error) ? new Failure('timeout', { scope: 'entry' }) : error;
      if (failure instanceof Failure) this.#missed = failure;
      throw failure;
    }
    this.#missed = this.#around?.failure;
    return this.#around && joined(this.#around);
  }

  async matchesAround(pattern: RegExp): Promise<readonly Secret[]> {
    await this.context();
    const found = this.#around ? matchesAround(this.#around, this.#token, pattern) : [];
    return found.map((match) => new Secret(match));
  }

  /** What {@link context} has read; undefined when it was not asked, or nothing could be read. */
  get around(): Around | undefined {
    return this.#around;
  }

  /** Why a part of the context, or all of it, could not be read now. */
  get missed(): Failure | undefined {
    return this.#missed;
  }

  get note(): unknown {
    return this.#kept.note;
  }

  get seenAlive(): readonly string[] {
    return this.#kept.seenAlive;
  }

  get evidence(): Evidence | undefined {
    return this.#kept.evidence;
  }

  /** What {@link tell} was told, in this step or an earlier one. */
  get subject(): Subject | undefined {
    return this.#kept.subject;
  }

  get took(): Kept['took'] {
    return this.#kept.took;
  }

  /** What is to be sealed with the entry when the step ends; undefined when nothing is new. */
  get remembered(): unknown {
    return this.#changed ? { quash: 1, ...this.#kept } : undefined;
  }

  /** Seen at once by the rest of this step; the dispatcher seals it with the entry when the step ends. */
  remember(note: unknown): void {
    // A note that is no JSON is a mistake of the provider: it fails here, and not when the ledger is written.
    JSON.stringify(note);
    this.#keep({ note });
  }

  /** Keeps what the vendor tells of the token; what is told later wins. */
  readonly tell = (told: Told): void => {
    const subject = boundedSubject(told, this.#token);
    if (Object.keys(subject).length > 0) this.#keep({ subject: { ...this.subject, ...subject } });
  };

  sawAlive(place: string): void {
    if (!this.seenAlive.includes(place)) this.#keep({ seenAlive: [...this.seenAlive, place] });
  }

  prove(by: Parameters<Step['prove']>[0]): void {
    this.permit.prove(by);
    if (by === 'one-fits') this.keepEvidence({ inferred: true });
  }

  parts(kind: string): readonly Secret[] {
    return this.#parts[kind] ?? [];
  }

  /** Kept because a later verification does not return the evidence of the revocation. */
  keepEvidence(evidence: Evidence): void {
    this.#keep({ evidence: { ...this.evidence, ...evidence } });
  }

  keepTook(took: 'revoked' | 'accepted'): void {
    if (this.took !== took) this.#keep({ took });
  }

  #keep(change: Partial<Kept>): void {
    this.#kept = { ...this.#kept, ...change };
    this.#changed = true;
  }
}

export function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
