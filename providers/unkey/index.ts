/**
 * API keys that the operator's own service issues through Unkey.
 *
 * Docs: https://www.unkey.com/docs/api-reference/v2/keys/whoami,
 * https://www.unkey.com/docs/api-reference/v2/keys/update-key; checked 2026-11-21.
 *
 * - `keys.whoami` tells the id and the state of a key by its value; it counts as no use of the key.
 * - A key is disabled, not deleted: it is as dead, and a mistake can be undone. Regions may take 30 s to notice.
 * - A key that the root key may not read is a 404 like one that does not exist, so that is never taken for dead.
 * - The prefix of keys is the issuer's choice, and none is the default. No scanner has a rule for them: give your own
 *   type string to this provider with `types`.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer, Body } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const config = z.strictObject({
  rootKey: secretText()
    .optional()
    .describe('A root key with the permissions `api.*.read_key` and `api.*.update_key`.'),
  url: baseUrl()
    .default('https://api.unkey.com')
    .describe('Base URL of the API, for an installation of your own.'),
});

export type UnkeyConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_unkey_api_key'],
  pattern: /(?<![\w-])(?:[A-Za-z0-9]{1,16}_){0,2}[1-9A-HJ-NP-Za-km-z]{20,350}(?![\w-])/,
  effect: 'token',
};

export const unkey: ProviderDefinition<UnkeyConfig> = {
  id: 'unkey',
  title: 'Unkey',
  docs: 'https://www.unkey.com/docs/api-reference/v2/keys/update-key',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Unkey says that the key is disabled',
  effect: 'the key only, which is disabled',
  needs: 'a root key that may read and update keys',
  types: KIND.types,
  config,
  create,
};

const WHOAMI = z.object({
  data: z.object({ keyId: z.string().regex(/^\w{1,255}$/), enabled: z.boolean() }),
});
const UPDATED = z.object({ meta: z.object({ requestId: z.string() }) });
const problem = (status: number) => z.object({ error: z.object({ status: z.literal(status) }) });

const UNKNOWN = refused(
  'unknown-token',
  'Unkey does not show this key to our root key: if it is of another workspace or API, revoke it there; otherwise it is gone already and can be dismissed.',
);

function create({ rootKey, url }: UnkeyConfig, tools: Tools): Provider {
  const upstream = tools.upstream(url);

  const call = async (ourKey: Secret, path: string, json: Body, signal: AbortSignal): Promise<Answer> => {
    const answer = await upstream.request({
      method: 'POST',
      path,
      headers: { authorization: bearer(ourKey) },
      json,
      statuses: [200, 401, 403, 404],
      signal,
    });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
    return answer;
  };

  const whoami = async (ourKey: Secret, key: Secret, signal: AbortSignal) => {
    const answer = await call(ourKey, '/v2/keys.whoami', { key }, signal);
    if (answer.status === 200) return answer.json(WHOAMI).data;
    if (answer.maybeJson(problem(404))) return undefined;
    throw unexpected(upstream, answer);
  };

  if (!rootKey) return { kinds: [], revoke: async () => UNKNOWN };
  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      const key = await whoami(rootKey, token, signal);
      if (!key) return UNKNOWN;
      const evidence = { key: key.keyId };
      if (!key.enabled) return alreadyInactive(evidence);
      const answer = await call(rootKey, '/v2/keys.updateKey', { keyId: key.keyId, enabled: false }, signal);
      if (answer.status !== 200) throw unexpected(upstream, answer);
      answer.json(UPDATED);
      return revoked(evidence);
    },
    async verify(token, { signal }) {
      const key = await whoami(rootKey, token, signal);
      if (!key) return 'unknown';
      return key.enabled ? 'alive' : 'dead';
    },
    /** Asks who a key is that does not exist: a root key that works is told so. */
    async check(signal) {
      const noKey = new Secret('quash_check_1111111111111111');
      const advice = { hint: 'It needs api.*.read_key and api.*.update_key.' };
      return [await checkOf('Unkey root key', () => whoami(rootKey, noKey, signal), advice)];
    },
  };
}
