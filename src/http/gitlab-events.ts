/** `POST /v1/gitlab/events`: vulnerability events of GitLab's project and group hooks. */
import { z } from 'zod';
import { EVENTS, pointerReport, pointerText, pointerTo } from '../gitlab/pointer.ts';
import { isOpenState, typeOf } from '../gitlab/secret-finding.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { IgnoredEvent, Observe } from '../observe/events.ts';
import { Problem } from '../server/problem.ts';
import type { Vault } from '../vault/seal.ts';
import type { Clock } from '../words/clock.ts';
import { withPlainHost } from '../words/location.ts';
import type { Body, BodyParser } from './body.ts';
import type { HookSender, Signature, TakenDeliveries } from './hooks.ts';
import { type JsonLimits, jsonExcess } from './json-scan.ts';
import type { HttpSettings } from './settings.ts';

export interface EventWork {
  readonly settings: HttpSettings;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly parser: BodyParser;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly deliveries: TakenDeliveries;
}

export interface EventRequest {
  readonly body: Body;
  readonly token: string | undefined;
  readonly signature: Signature | undefined;
}

/** One event is 2 to 5 KB. */
const KEPT_BYTES = 1024 * 1024;
/** GitLab sends no more (gitlab-org/gitlab!38687), so that whoever does is not GitLab. */
const MAX_BYTES = 25 * 1024 * 1024;
const BEGINNING_BYTES = 64;
const TO_DO: Readonly<Partial<Record<IgnoredEvent, string>>> = {
  'too-large':
    'A vulnerability event has more in it than is read, or found no room beside others: `quash sweep` finds what it told of.',
  'other-place':
    'A vulnerability event names a page of no instance that has the hook token or signing key by which it came: correct url or hookTokens in gitlab.instances, or the token of that hook.',
};
const LIMITS: JsonLimits = { depth: 16, elements: 10_000, values: 50_000 };

const TEXT = z.string().catch('');
const EVENT = z.object({
  object_kind: z.literal('vulnerability'),
  object_attributes: z.object({
    url: z.string().max(2_048),
    state: TEXT,
    project_id: z.int().positive(),
    report_type: TEXT,
    identifiers: z.array(z.object({ external_type: z.string(), external_id: z.string() })).catch([]),
  }),
});

/**
 * 204 once the event is durably noted, or when it concerns nothing that Quash acts on.
 * @throws {Problem} 400, 413, 429; 401 by `refuse`
 * @throws {LedgerError} when it could not be written
 */
export async function takeEvent(
  { body, token, signature }: EventRequest,
  { settings, ledger, vault, parser, clock, observe, deliveries }: EventWork,
  refuse: () => Promise<never>,
): Promise<Response> {
  const { hooks, limits } = settings;
  const known = hooks.byToken(token);
  if (!known && !hooks.mayBeSigned(signature, clock.now())) return refuse();
  const check = known || !signature ? undefined : hooks.checkOf(signature);
  const maxBytes = Math.min(MAX_BYTES, settings.bodyBytes);
  const bytes = await parser.read(body, {
    ...{ keptBytes: Math.min(KEPT_BYTES, maxBytes), maxBytes },
    ...{ isKnown: known !== undefined, onChunk: check?.take },
  });
  const sender = known ?? check?.sender();
  if (!sender) return refuse();
  // GitLab posts one request for each finding of a pipeline, and switches off a hook that is refused four times.
  await limits.tokens(sender.caller, 1);
  const { deliveryId } = sender;
  const event = bytes && parseEvent(bytes);
  const isRepeated = deliveryId !== undefined && (await deliveries.has(deliveryId));
  const text = isRepeated
    ? { why: 'repeated' as const }
    : event
      ? pointed(event, sender, settings)
      : { why: 'too-large' as const };
  if ('why' in text) {
    const message = TO_DO[text.why];
    observe({
      ...{ type: 'event-ignored', why: text.why, by: sender.caller },
      ...(message !== undefined && { message }),
    });
    return new Response(null, { status: 204 });
  }
  const report = pointerReport(text.pointer, { vault, shareOf: settings.shareOf, caller: EVENTS });
  await ledger.accept([report], { now: clock.now(), backlog: settings.backlog });
  if (deliveryId !== undefined) await deliveries.add(deliveryId);
  observe({ type: 'event-noted', id: report.id, by: sender.caller });
  return new Response(null, { status: 204 });
}

/**
 * Whoever runs a scanner chooses what is in a finding: GitLab would switch off the hook, and with it the events of all
 * other projects, if a few of these were refused.
 * @returns undefined when there is more in it than is read
 * @throws {Problem} 400 when it is no JSON object
 */
function parseEvent(bytes: Uint8Array): object | undefined {
  const fault = new Problem(400, 'Not an event', { detail: 'The body is not a JSON object in UTF-8.' });
  if (jsonExcess(bytes, LIMITS)) {
    if (/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, BEGINNING_BYTES)))) return undefined;
    throw fault;
  }
  try {
    const event: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return event;
  } catch {
    // Said below.
  }
  throw fault;
}

/** What the event points to, or why that is nothing to act on. */
function pointed(
  event: unknown,
  { bases }: HookSender,
  { registry }: HttpSettings,
): { readonly pointer: string } | { readonly why: IgnoredEvent } {
  const parsed = EVENT.safeParse(event).data;
  if (!parsed) return { why: 'other-event' };
  const { url, state, project_id, report_type, identifiers } = parsed.object_attributes;
  if (report_type !== 'secret_detection') return { why: 'not-a-secret' };
  if (!isOpenState(state)) return { why: 'not-open' };
  const type = typeOf(identifiers.map((each) => ({ type: each.external_type, id: each.external_id })));
  // Without identifiers the record has to tell.
  if (type !== '' && !registry.advertised.includes(type)) return { why: 'unsupported-type' };
  const pointer = pointerTo(withPlainHost(url), project_id, bases);
  return pointer ? { pointer: pointerText(pointer) } : { why: 'other-place' };
}
