/** From the elements of a report to what the ledger keeps: routed, named, sealed. */
import type { Report } from '../ledger/ledger.ts';
import type { Vault } from '../ledger/seal.ts';
import type { Outcome } from '../outcome.ts';
import { normalise } from '../provider/recognise.ts';
import type { Registry, Routed, Unusable } from '../provider/registry.ts';
import { Secret } from '../secret.ts';
import type { Element } from './elements.ts';

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

const MAX_LOCATION_LENGTH = 2_048;
const MAX_KEPT_TEXT = 4_096;

/** Elements worked on before other requests get their turn. */
const SLICE = 500;

/** The kind of an entry whose text is no token of its provider. */
export const UNRECOGNISED = 'unrecognised';

const UNRECOGNISED_OUTCOME: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'unrecognised',
  advice:
    'The reported text is not one token of this provider. Look at the location, and revoke it by hand if it is.',
};

/**
 * Turns elements into reports. Text that a provider cannot read as its token is refused, and kept for a person all
 * the same, because GitLab shows nobody that it was refused.
 */
export async function takeIn(
  elements: readonly Element[],
  registry: Registry,
  vault: Vault,
): Promise<Intake> {
  const reports: Report[] = [];
  const invalid: InvalidElement[] = [];
  for (const [index, element] of elements.entries()) {
    if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
    if (!element.ok) {
      invalid.push({ index, reason: element.reason, ...shownType(element.type) });
      continue;
    }
    const routed = registry.route(element.type, element.token);
    if (!routed.ok)
      invalid.push({ index, reason: reasonOf(routed), ...shownType(element.type, element.token) });
    const report = toReport(element, routed, vault);
    if (report) reports.push(report);
  }
  return { reports, invalid };
}

function reasonOf(routed: Extract<Routed, { ok: false }>): InvalidElement['reason'] {
  return routed.why === 'unsupported-type' ? 'unsupported-type' : routed.reason;
}

function toReport(element: Extract<Element, { ok: true }>, routed: Routed, vault: Vault): Report | undefined {
  if (!routed.ok && routed.why === 'unsupported-type') return undefined;
  const text = routed.ok ? routed.token : normalise(element.token).slice(0, MAX_KEPT_TEXT);
  if (text === '') return undefined;
  const token = new Secret(text);
  const id = vault.fingerprint(routed.provider, token);
  return {
    id,
    provider: routed.provider,
    kind: routed.ok ? routed.kind : UNRECOGNISED,
    type: element.type,
    location: shownLocation(element.location, text),
    sealed: vault.seal(id, 'token', token),
    initial: routed.ok
      ? { state: routed.mode === 'hold' ? 'held' : 'queued' }
      : { state: 'attention', outcome: UNRECOGNISED_OUTCOME },
    restarts: routed.ok && routed.mode !== 'dry-run',
  };
}

/** A type is the reporter's text: it is shown only where it can be a type's name and does not repeat the token. */
function shownType(type: string | undefined, token?: string): { type?: string } {
  if (type === undefined || !/^[\x21-\x7e]+$/.test(type)) return {};
  const text = normalise(token ?? '');
  return text !== '' && type.includes(text) ? {} : { type };
}

/** Whoever commits a file chooses its name, so a location may repeat the token. */
function shownLocation(location: string, token: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const printable = location.slice(0, MAX_LOCATION_LENGTH).replace(/[\u0000-\u001f\u007f]/g, '');
  return printable.replaceAll(token, '[token]').replaceAll(encodeURIComponent(token), '[token]');
}
