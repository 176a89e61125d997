/**
 * Splunk authentication tokens and HTTP Event Collector (HEC) tokens, of the operator's own instances.
 *
 * Docs: https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens
 * and https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints,
 * checked 2026-11-21.
 *
 * - An authentication token is a JWT whose claims are the committer's text until an instance has let the token in. Its
 *   id is its `jti`, listed with its owner, never with its text.
 * - `POST authorization/tokens/<user>` takes `id` and `status`. Without an id it would hit every token of the user.
 *   Experimental because of this call: a client that was tried against Splunk 10.6 makes it so, but says that the
 *   reference describes it otherwise, and the reference itself could not be read.
 * - 401 means anything, also that token authentication is turned off: a token is dead when its record says disabled, or
 *   is gone from where the token was let in before.
 * - HEC tokens are listed with their text, so they are found by value. One token may be on several instances.
 * - Both are disabled, not deleted: that can be undone. HEC tokens of Splunk Cloud are managed elsewhere (ACS).
 */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked, sparingTheLane } from '../../src/provider/kit.ts';
import type {
  Liveness,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';
import {
  acceptsToken,
  check,
  disableHecToken,
  disableToken,
  findHecToken,
  type Instance,
  type TokenIds,
  tokenStatus,
} from './instance.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: z
          .url({ protocol: /^https?$/ })
          .regex(/^[^?#@]+$/, 'expected no credentials, query or fragment')
          .describe('Base URL of the management port, e.g. https://splunk.example.com:8089.'),
        token: secretText().describe(
          'Authentication token of a user with the capabilities edit_tokens_all and edit_token_http.',
        ),
      }),
    )
    .default([])
    .describe('Splunk instances that may have issued a token; asked in this order.'),
});
export type SplunkConfig = z.output<typeof config>;

const KINDS: readonly TokenKind[] = [
  {
    id: 'authentication-token',
    types: ['gitleaks_rule_id_splunkauthtoken'],
    pattern: /(?<![\w.-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}(?![\w-])/,
    effect: 'token',
  },
  {
    id: 'hec-token',
    types: ['gitleaks_rule_id_splunkhectoken'],
    pattern: /(?<![\w-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![\w-])/,
    effect: 'token',
  },
];

const UNKNOWN =
  'No configured Splunk instance knows this token: if it is of another instance, add that to providers.splunk.instances and retry; otherwise it is gone already and can be dismissed.';

/** Base URL of the instance at which an authentication token was alive. */
const NOTE = z.object({ instance: z.string() });

export const splunk: ProviderDefinition<SplunkConfig> = {
  id: 'splunk',
  title: 'Splunk',
  docs: 'https://help.splunk.com/splunk-enterprise/administer/manage-users-and-security/9.3/authenticate-into-the-splunk-platform-with-tokens/manage-or-delete-authentication-tokens',
  stability: 'experimental',
  exactness:
    'by value for HEC tokens; the id in the token, once an instance has let the token in, for others',
  proof: 'it is not let in, and its record says disabled',
  effect: 'the token only, and it can be enabled again',
  needs: 'the URL of each instance and a token with the capabilities edit_tokens_all and edit_token_http',
  types: KINDS.flatMap(({ types }) => types),
  config,
  create,
};

function create(settings: SplunkConfig, tools: Tools): Provider {
  const instances: readonly Instance[] = settings.instances.map(({ url, token }) => ({
    upstream: tools.upstream(url),
    token,
  }));
  return {
    kinds: instances.length > 0 ? KINDS : [],
    revoke: (token, step) =>
      step.kind === 'hec-token'
        ? revokeHecToken(instances, token, step)
        : revokeToken(instances, token, step),
    verify: (token, step) =>
      step.kind === 'hec-token'
        ? verifyHecToken(instances, token, step)
        : verifyToken(instances, token, step),
    check: (signal) => Promise.all(instances.map((instance) => check(instance, signal))),
  };
}

async function revokeToken(instances: readonly Instance[], token: Secret, step: Step): Promise<RevokeResult> {
  const found = await searchToken(instances, token, step);
  const ids = idsOf(token);
  if (found.sight === 'absent' || !ids) return refused('unknown-token', UNKNOWN);
  const { sight, instance } = found;
  if (sight === 'dead') return alreadyInactive({ instance: instance.upstream.base });
  step.remember({ instance: instance.upstream.base } satisfies z.output<typeof NOTE>);
  await sparingTheLane(instances, () => disableToken(instance, ids, step.signal));
  return revoked({ instance: instance.upstream.base, tokenId: ids.id });
}

async function verifyToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Liveness> {
  const { sight } = await searchToken(instances, token, step);
  return sight === 'absent' ? 'unknown' : sight;
}

type Found = { readonly sight: 'alive' | 'dead'; readonly instance: Instance } | { readonly sight: 'absent' };

async function searchToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Found> {
  const ids = idsOf(token);
  const seen = NOTE.safeParse(step.note).data?.instance;
  if (!ids) return { sight: 'absent' };
  const found = await eachOf(instances, async (instance): Promise<Found | undefined> => {
    if (seen !== undefined && instance.upstream.base !== seen) return undefined;
    if (await acceptsToken(instance, token, ids, step.signal)) return { sight: 'alive', instance };
    const status = await tokenStatus(instance, ids, step.signal);
    // A record that is gone proves something only where there was one.
    const isDead = status === 'disabled' || (status === 'none' && seen !== undefined);
    return isDead ? { sight: 'dead', instance } : undefined;
  });
  return found[0] ?? { sight: 'absent' };
}

/** Whose token it says it is; undefined for what is no Splunk token. */
function idsOf(token: Secret): TokenIds | undefined {
  try {
    const { sub, jti } = decodeJwt(token.reveal());
    return sub && jti ? { user: sub, id: jti } : undefined;
  } catch {
    return undefined;
  }
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
  if (found.length === 0) return refused('unknown-token', UNKNOWN);
  const evidence = { instances: found.map(({ instance }) => ({ instance })) };
  return found.every(({ disabled }) => disabled) ? alreadyInactive(evidence) : revoked(evidence);
}

async function verifyHecToken(instances: readonly Instance[], token: Secret, step: Step): Promise<Liveness> {
  const found = await eachOf(instances, (instance) => findHecToken(instance, token, step.signal));
  if (found.length === 0) return 'unknown';
  return found.every(({ disabled }) => disabled) ? 'dead' : 'alive';
}

/** What the instances have to say. One that fails does not keep the others from being asked. */
async function eachOf<T>(
  instances: readonly Instance[],
  ask: (instance: Instance) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  const failures: Failure[] = [];
  for (const instance of instances) {
    try {
      const answer = await sparingTheLane(instances, () => ask(instance));
      if (answer !== undefined) answers.push(answer);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  if (failures[0]) throw failures[0];
  return answers;
}
