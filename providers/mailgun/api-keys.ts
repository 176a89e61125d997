/**
 * API keys.
 *
 * Docs: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys
 *
 * - The list shows ids only. A key is `<32 hex>-<8 hex>-<8 hex>` and its id the last two groups; the documentation
 *   does not say so, but scanners that analyse keys rely on it. What does not end in exactly one id is left alone.
 * - Old keys, `key-<32 hex>`, hold no id, so they are found nowhere and go to a person.
 * - A sending key is refused by all calls that could tell whether it works, so the list tells it.
 */
import { z } from 'zod';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { type Account, connect, MESSAGE } from './account.ts';

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_mailgun_private_api_token'],
  pattern: /(?<![\w-])(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![\w-])/,
  effect: 'token',
};

const LIST = z.object({ total_count: z.int(), items: z.array(z.object({ id: z.string() })) });

const SUFFIX = /-(?<id>[0-9a-f]{8}-[0-9a-f]{8})$/;

export function apiKeyKeeper(account: Account, tools: Tools): Keeper {
  const { name, apiKey } = account;
  const { upstream, call } = connect(account, tools);
  const listIds = async (signal: AbortSignal): Promise<string[]> => {
    const answer = await call({ method: 'GET', path: '/v1/keys', statuses: [200], signal });
    const { total_count, items } = answer.json(LIST);
    if (items.length < total_count) throw unexpected(upstream, answer);
    return items.map(({ id }) => id);
  };
  return {
    name,
    own: apiKey,
    async find(token, { signal }) {
      const id = token.reveal().match(SUFFIX)?.groups?.id;
      const matches = (await listIds(signal)).filter((each) => each === id);
      if (matches.length > 1)
        return refused('ambiguous', 'Several keys have this id: revoke the key by hand.');
      return matches[0];
    },
    async remove(id, _token, signal) {
      const path = `/v1/keys/${encodeURIComponent(id)}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ account: name, keyId: id });
    },
    look: async (id, _token, signal) => ((await listIds(signal)).includes(id) ? 'alive' : 'dead'),
    async probe(signal) {
      await listIds(signal);
    },
  };
}
