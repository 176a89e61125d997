/**
 * HTTP Event Collector (HEC) tokens.
 *
 * Docs: https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints
 *
 * - They are listed with their text, so they are found by value. One token may be on several instances.
 */
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { eachOf } from '../../src/provider/kit/places.ts';
import { alreadyInactive, revoked } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { disableHecToken, findHecToken, type Instance, UNKNOWN } from './instance.ts';

export const HEC_TOKEN: TokenKind = {
  id: 'hec-token',
  types: ['gitleaks_rule_id_splunkhectoken'],
  pattern: /(?<![\w-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])/,
  effect: 'token',
};

export function hecTokens(instances: readonly Instance[]): Part {
  return {
    kinds: [HEC_TOKEN],
    isAble: instances.length > 0,
    revoke: (token, step) => revokeHecToken(instances, token, step),
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
    if (input && !input.disabled) await disableHecToken(instance, input, step.signal);
    return input && { disabled: input.disabled, instance: instance.upstream.base };
  });
  if (found.length === 0) return UNKNOWN;
  const evidence = { instances: found.map(({ instance }) => ({ instance })) };
  return found.every(({ disabled }) => disabled) ? alreadyInactive(evidence) : revoked(evidence);
}

async function verifyHecToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Liveness> {
  const found = await eachOf(instances, (instance) => findHecToken(instance, token, step.signal));
  if (found.length === 0) return 'unknown';
  return found.every(({ disabled }) => disabled) ? 'dead' : 'alive';
}
