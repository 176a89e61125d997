/** From the elements of a report to what the ledger keeps: routed, named, sealed. */
import type { Report } from '../ledger/ledger.ts';
import type { Vault } from '../ledger/seal.ts';
import type { Outcome } from '../outcome.ts';
import { normalise } from '../provider/recognise.ts';
import type { OverrideOf, Registry, Routed, Unusable } from '../provider/registry.ts';
import { Secret } from '../secret.ts';
import type { Element } from './elements.ts';
import { Shown } from './shown.ts';

/** One refused element, as the problem document shows it. */
export interface InvalidElement {
  readonly index: number;
  readonly reason: Extract<Element, { ok: false }>['reason'] | Unusable | 'unsupported-type';
  readonly type?: string;
}

export interface Intake {
  readonly reports: readonly Report[];
  readonly invalid: readonly InvalidElement[];
}

const MAX_KEPT_TEXT = 4_096;

/** Elements worked on before other requests get their turn. */
export const SLICE = 500;

/** The kind of an entry whose text is no token of its provider. */
export const UNRECOGNISED = 'unrecognised';

const UNRECOGNISED_OUTCOME: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unrecognised',
  advice:
    'The reported text is not one token of this provider. Look at the location, and revoke it by hand if it is.',
};

/** Other halves of one kind that are kept with a token. */
const MAX_PARTS = 10;

type Usable = Extract<Element, { ok: true }>;

export interface IntakeOptions {
  readonly registry: Registry;
  readonly vault: Vault;
  readonly overrideOf: OverrideOf;
  /** What was dead before this time is asked about again. */
  readonly recheckEndedBefore: number;
}

/**
 * Turns elements into reports. Text that a provider cannot read as its token is refused, and kept for a person all
 * the same, because GitLab shows nobody that it was refused.
 */
export async function takeIn(
  elements: readonly Element[],
  { registry, vault, overrideOf, recheckEndedBefore }: IntakeOptions,
): Promise<Intake> {
  const usable: { element: Usable; routed: Routed }[] = [];
  const invalid: InvalidElement[] = [];
  const beside = new Neighbours();
  const shown = new Shown();
  for (const [index, element] of elements.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    if (element.ok) shown.add(element.location, normalise(element.token));
  }
  for (const [index, element] of elements.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    if (!element.ok) {
      invalid.push({ index, reason: element.reason, ...shown.type(element.type) });
      continue;
    }
    const routed = registry.route(element.type, element.token, overrideOf);
    usable.push({ element, routed });
    if (routed.ok) {
      beside.add(element, routed);
      shown.add(element.location, routed.token);
    } else invalid.push({ index, reason: reasonOf(routed), ...shown.type(element.type, element.token) });
  }
  const reports: Report[] = [];
  for (const [index, { element, routed }] of usable.entries()) {
    if (index % SLICE === SLICE - 1) await nextTurn();
    const report = toReport(element, routed, { beside, shown, vault, recheckEndedBefore });
    if (report) reports.push(report);
  }
  return { reports, invalid };
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The tokens of a report by provider, file and kind: GitLab sends the halves of a credential as separate elements. */
class Neighbours {
  readonly #tokens = new Map<string, Set<string>>();

  add({ location }: Usable, { provider, kind, token }: Extract<Routed, { ok: true }>): void {
    const key = keyOf(location, provider, kind);
    if (key === undefined) return;
    const tokens = this.#tokens.get(key) ?? new Set();
    // No more than are kept: each of a hundred thousand halves would have to go through all of the others.
    if (tokens.size < MAX_PARTS) this.#tokens.set(key, tokens.add(token));
  }

  /** What stands in the same file, of the kinds that the token pairs with. */
  of(
    { location }: Usable,
    { provider, pairsWith }: Extract<Routed, { ok: true }>,
  ): Record<string, readonly Secret[]> {
    const found = pairsWith.flatMap((kind) => {
      const tokens = this.#tokens.get(keyOf(location, provider, kind) ?? '');
      return tokens ? [[kind, [...tokens].map((token) => new Secret(token))]] : [];
    });
    return Object.fromEntries(found);
  }
}

/** Undefined without a location: then nothing says that two tokens stand together. */
function keyOf(location: string, provider: string, kind: string): string | undefined {
  const file = location.split('#', 1)[0];
  return file ? `${provider}\n${kind}\n${file}` : undefined;
}

function reasonOf(routed: Extract<Routed, { ok: false }>): InvalidElement['reason'] {
  return routed.why === 'unsupported-type' ? 'unsupported-type' : routed.reason;
}

interface Surroundings extends Pick<IntakeOptions, 'vault' | 'recheckEndedBefore'> {
  readonly beside: Neighbours;
  readonly shown: Shown;
}

function toReport(element: Usable, routed: Routed, around: Surroundings): Report | undefined {
  if (routed.ok) return toWork(element, routed, around);
  if (routed.why === 'unsupported-type') return undefined;
  // Well-formed, as the cut may go through the middle of a character.
  const text = normalise(element.token).slice(0, MAX_KEPT_TEXT).toWellFormed();
  if (text === '') return undefined;
  return {
    ...sealed(element, routed.provider, text, {}, around),
    kind: UNRECOGNISED,
    initial: { state: 'attention', outcome: UNRECOGNISED_OUTCOME },
    restarts: [],
  };
}

function toWork(element: Usable, routed: Extract<Routed, { ok: true }>, around: Surroundings): Report {
  const { beside, recheckEndedBefore } = around;
  const { provider, kind, token, mode, isShared, verifiable } = routed;
  const parts = beside.of(element, routed);
  const paired = Object.keys(parts).length > 0;
  return {
    ...sealed(element, provider, token, parts, around, isShared ? placeOf(element.location) : ''),
    kind,
    initial: { state: mode === 'hold' ? 'held' : 'queued' },
    restarts:
      mode === 'dry-run' ? [] : ['would-revoke', 'unrecognised', ...(paired ? ['needs-context'] : [])],
    ...(verifiable && mode !== 'dry-run' && { recheckEndedBefore }),
  };
}

function sealed(
  { type, location, finding }: Usable,
  provider: string,
  text: string,
  parts: Record<string, readonly Secret[]>,
  { vault, shown }: Pick<Surroundings, 'vault' | 'shown'>,
  place = '',
) {
  const token = new Secret(text);
  const id = vault.fingerprint(provider, place === '' ? token : new Secret(`${text}\n${place}`));
  const material = vault.sealMaterial(id, { token, parts });
  const where = { location: shown.location(location, text), ...(finding !== undefined && { finding }) };
  return { id, provider, type, ...where, sealed: material };
}

/** The file, whatever the commit: each pipeline reports it under a new one. */
function placeOf(location: string): string {
  const [file = ''] = location.split('#', 1);
  return file.replace(/\/-\/(?:raw|blob)\/[0-9a-f]{7,64}\//, '/-/');
}
