/**
 * API keys that the operator's own service issues through Unkey.
 *
 * Docs: https://www.unkey.com/docs/api-reference/v2/keys/whoami,
 * https://www.unkey.com/docs/api-reference/v2/keys/update-key; checked 2026-11-21.
 *
 * - `keys.whoami` tells the id and the state of a key by its value; it counts as no use of the key.
 * - A key is disabled, not deleted: it is as dead, and a mistake can be undone. Regions may take 30 s to notice.
 * - A key that the root key may not read is a 404 like one that does not exist, so that is never taken for dead, not
 *   even of a key that was seen to work.
 * - The prefix of keys is the issuer's choice, and none is the default. No scanner has a rule for them: give your own
 *   type string to this provider with `types`.
 */
import { z } from 'zod';
import type { AskRequest } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import {
  alreadyInactive,
  credentialFailure,
  revoked,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
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
  // A scanner's mask stands where the issuer's prefix would.
  pattern: /(?<![\w-])(?:[A-Za-z0-9]{1,16}_){0,2}[1-9A-HJ-NP-Za-km-z]{20,350}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'The root key is shown the keys of its own workspace and APIs alone.' },
  whole: 'open',
  undo: 'yes',
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
  unpublished: KIND.types,
  config,
  create,
};

const WHOAMI = z.object({
  data: z.object({ keyId: z.string().regex(/^\w{1,255}$/), enabled: z.boolean() }),
});
const UPDATED = z.object({ meta: z.object({ requestId: z.string() }) });
const problem = (status: number) => z.object({ error: z.object({ status: z.literal(status) }) });

const UNKNOWN =
  'Unkey does not show this key to our root key: if it is of another workspace or API, disable it there, or give the root key the right to read it and retry.';

function create({ rootKey, url }: UnkeyConfig, tools: Tools): Provider {
  const upstream = tools.upstream(url);
  const unknown = unknownAt([url], UNKNOWN);

  const call = async (ourKey: Secret, request: Omit<AskRequest, 'method'>): Promise<Answer> => {
    const headers = { authorization: bearer(ourKey) };
    const statuses = [200, 401, 403, 404];
    const answer = await upstream.request({ ...request, method: 'POST', headers, statuses });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
    return answer;
  };

  const whoami = async (ourKey: Secret, key: Secret, signal: AbortSignal) => {
    const answer = await call(ourKey, { path: '/v2/keys.whoami', json: { key }, readOnly: true, signal });
    if (answer.status === 200) return answer.json(WHOAMI).data;
    if (answer.maybeJson(problem(404))) return undefined;
    throw unexpected(upstream, answer);
  };

  if (!rootKey) return { kinds: [], revoke: async () => unknown };
  return {
    kinds: [KIND],
    async revoke(token, step) {
      const { signal } = step;
      const key = await whoami(rootKey, token, signal);
      if (!key) return unknown;
      const evidence = { key: key.keyId };
      if (!key.enabled) return alreadyInactive(evidence);
      // Unkey found the id by the whole key.
      step.prove('signs-in');
      const json = { keyId: key.keyId, enabled: false };
      const answer = await call(rootKey, { path: '/v2/keys.updateKey', json, signal });
      if (answer.status !== 200) throw unexpected(upstream, answer);
      answer.json(UPDATED);
      return revoked(evidence);
    },
    async look(token, { signal }) {
      const key = await whoami(rootKey, token, signal);
      if (!key) return unknown;
      const evidence = { key: key.keyId };
      return key.enabled ? { outcome: 'alive', evidence } : alreadyInactive(evidence);
    },
    async verify(token, { signal }) {
      const key = await whoami(rootKey, token, signal);
      if (!key) return 'unknown';
      return key.enabled ? 'alive' : 'dead';
    },
    /** Asks for a key that does not exist: a root key that works gets a 404. */
    async check(signal) {
      const noKey = new Secret('quash_check_1111111111111111');
      const advice = { hint: 'It needs api.*.read_key and api.*.update_key.' };
      return [await checkOf('Unkey root key', () => whoami(rootKey, noKey, signal), advice)];
    },
  };
}
