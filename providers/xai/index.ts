/**
 * xAI: API keys, which a management key of their team deletes.
 *
 * Docs: https://docs.x.ai/docs/key-information/using-management-api ("Delete an API key"),
 * https://docs.x.ai/docs/api-reference (GET /v1/api-key), and the fields of the vendor's own client library
 * (xai-org/xai-sdk-python, proto/v6/auth), checked 2026-11-29.
 *
 * - The refusal of a key came percent-encoded for a while (https://github.com/i-am-bee/beeai-framework/issues/447).
 * - A key tells its own id and team. A deletion takes some time to reach all clusters.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { suspended, unexpected, worksElsewhere } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.x.ai';
const MANAGEMENT = 'https://management-api.x.ai';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_xai-api-key'],
  pattern: /(?<![\w-])xai-[\w-]{70,120}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Only a key of a configured team can be deleted, and a refusal does not tell the team.' },
  whole: 'open',
  undo: 'no',
};

const config = z.strictObject({
  teams: z
    .array(
      z.strictObject({
        id: z.uuid().describe('The id of the team.'),
        managementKey: secretText().describe('A management key of the team.'),
      }),
    )
    .default([])
    .describe('Teams whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const ID = z.string().regex(/^[\w-]{8,100}$/);
const ITSELF = z.object({ api_key_id: ID, team_id: z.string() });
const INVALID = z.object({ error: z.string().regex(/^Incorrect(?: |%20)API(?: |%20)key(?: |%20)provided/) });
const ELSEWHERE =
  'The key works, and is of no configured team: add its team to providers.xai.teams and retry.';
const ERROR = z.object({ code: z.union([z.string(), z.int()]) });

function team({ id, managementKey }: Config['teams'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const management = tools.upstream(MANAGEMENT);
  const call = operatorCalls(management, { authorization: bearer(managementKey) });

  return {
    name: id,
    async look(key, { signal }): Promise<Sight<string>> {
      const request = {
        method: 'GET',
        path: '/v1/api-key',
        headers: { authorization: bearer(key) },
        signal,
        tells: { owner: 'user_id', account: 'team_id', name: 'name', scopes: 'acls', created: 'create_time' },
      } as const;
      const { means, answer } = await ask(upstream, request, [
        row([200], ITSELF, (itself) => itself),
        row([400, 401], INVALID, undefined),
        // The key or its team is blocked, which can be taken back.
        row([403], z.looseObject({}), 'blocked'),
      ]);
      if (means === 'blocked') throw suspended(upstream, answer.status);
      if (!means) return { state: 'absent' };
      if (means.team_id !== id) return worksElsewhere(ELSEWHERE);
      const keyId = means.api_key_id;
      return { state: 'alive', found: keyId, by: 'signs-in', evidence: { keyId } };
    },
    async revoke(keyId, _key, { signal }) {
      const request = { method: 'DELETE', path: `/auth/api-keys/${keyId}`, statuses: [200, 204] } as const;
      const answer = await call({ ...request, notFound: ERROR, signal });
      if (!isEmptyOrJson(answer)) throw unexpected(management, answer);
      // It takes a while, so it is asked about again and again.
      return { outcome: 'accepted' };
    },
    async probe(signal) {
      const path = `/auth/teams/${id}/api-keys`;
      await call({ method: 'GET', path, query: { pageSize: 1 }, statuses: [200], signal });
    },
  };
}

export const xai: ProviderDefinition<Config> = {
  id: 'xai',
  title: 'xAI',
  docs: 'https://docs.x.ai/docs/key-information/using-management-api',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key signs in, and the answer has its id and team',
  proof: 'xAI, which knew the key, does not let it in any more',
  effect: 'the key only',
  needs: 'the id of each team and a management key of it',
  types: KIND.types,
  config,
  create: ({ teams }, tools) => ({
    kinds: teams.length > 0 ? [KIND] : [],
    ...byAccounts(
      teams.map((each) => team(each, tools)),
      {
        found: ID,
        unknown:
          'xAI does not let this key in: look up at the location what it is for, and delete it in its team if it is there.',
        rights: 'The management key must be of the team and have the right to write API keys.',
        log: tools.log,
      },
    ),
  }),
};
