/**
 * HTTP Event Collector (HEC) tokens.
 *
 * Docs: https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints
 *
 * - They are listed with their text, so they are found by value. One token is often on many instances: what is disabled
 *   on all that are asked may work on another one.
 */

import type { Part } from '../../src/provider/kit/by-kind.ts';
import { eachOf } from '../../src/provider/kit/in-turn.ts';
import { goneSinceSeen, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import { nameOfPlace, placeSeenWith } from '../../src/provider/place.ts';
import type { Liveness, LookResult, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { disableHecToken, findHecToken, type HecInput } from './hec-inputs.ts';
import { type Instance, UNKNOWN } from './instance.ts';

export const HEC_TOKEN: TokenKind = {
  id: 'hec-token',
  types: ['gitleaks_rule_id_splunkhectoken'],
  pattern: /(?<![\w-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])/,
  canonical: (token) => token.toLowerCase(),
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Other instances and forwarders may take the same token.' },
  whole: 'exact',
  undo: 'yes',
};

const ELSEWHERE =
  'The configured instances have disabled this token, but others may take it: add every instance that receives events to providers.splunk.instances and retry.';

export function hecTokens(instances: readonly Instance[]): Part {
  return {
    kinds: [HEC_TOKEN],
    isAble: instances.length > 0,
    revoke: (token, step) => revokeHecToken(instances, token, step),
    look: (token, step) => lookAtHecToken(instances, token, step),
    verify: (token, step) => verifyHecToken(instances, token, step),
  };
}

/** On all instances that have it. */
async function revokeHecToken(
  instances: readonly Instance[],
  token: Secret,
  step: Step,
): Promise<RevokeResult> {
  const found = await eachOf(instances, async (instance) => {
    const input = await findHecToken(instance, token, step.signal);
    if (!input) return undefined;
    const { base } = instance.upstream;
    step.prove('listed-whole');
    if (!input.disabled) {
      step.sawAlive(placeOf(instance));
      await disableHecToken(instance, input, step.signal);
    }
    return { instance: base, disabled: input.disabled };
  });
  return found.some(({ disabled }) => !disabled) ? revoked(evidenceOf(found)) : ended(instances, found, step);
}

interface Found extends Pick<HecInput, 'disabled'> {
  readonly instance: string;
}

/** An instance as our token sees it: one of less reach is shown fewer inputs. */
function placeOf({ upstream, token }: Instance): string {
  return placeSeenWith(upstream.base, credentialMark(token));
}

/**
 * Where it was seen enabled, a record says of itself what it says, to whichever token of ours; and that there is none, to one
 * alone that has seen it. An instance may also be out of the configuration since.
 */
function haveAllSaid(instances: readonly Instance[], found: readonly Found[], { seenAlive }: Step): boolean {
  const bySeeing = instances.filter((each) => seenAlive.includes(placeOf(each)));
  const said = [...bySeeing.map(({ upstream }) => upstream.base), ...found.map(({ instance }) => instance)];
  return seenAlive.every((place) => said.includes(nameOfPlace(place)));
}

/** Where it is enabled nowhere. */
function ended(instances: readonly Instance[], found: readonly Found[], step: Step) {
  const asked = instances.map(placeOf);
  const seenAt = step.seenAlive.map(nameOfPlace);
  if (haveAllSaid(instances, found, step) && found.some(({ instance }) => seenAt.includes(instance))) {
    return goneSinceSeen(evidenceOf(found));
  }
  return found.length > 0 ? unknownAt(asked, ELSEWHERE, evidenceOf(found)) : unknownAt(asked, UNKNOWN);
}

function evidenceOf(found: readonly Found[]) {
  return { instances: found.map(({ instance }) => ({ instance })) };
}

async function lookAtHecToken(
  instances: readonly Instance[],
  token: Secret,
  step: Step,
): Promise<LookResult> {
  const found = await eachOf(instances, async (instance) => {
    const input = await findHecToken(instance, token, step.signal);
    if (!input) return undefined;
    const { base } = instance.upstream;
    if (!input.disabled) step.sawAlive(placeOf(instance));
    return { instance: base, disabled: input.disabled };
  });
  if (found.some(({ disabled }) => !disabled)) return { outcome: 'alive', evidence: evidenceOf(found) };
  return ended(instances, found, step);
}

async function verifyHecToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Liveness> {
  const found = await eachOf(instances, async (instance): Promise<Found | undefined> => {
    const input = await findHecToken(instance, token, step.signal);
    return input && { instance: instance.upstream.base, disabled: input.disabled };
  });
  if (found.length === 0) return 'unknown';
  if (!found.every(({ disabled }) => disabled)) return 'alive';
  return haveAllSaid(instances, found, step) ? 'dead' : 'unknown';
}
