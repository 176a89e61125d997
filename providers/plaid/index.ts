/**
 * Plaid: access tokens of Items, of the operator's own clients.
 *
 * Docs: https://plaid.com/docs/api/items/#itemremove, https://plaid.com/docs/errors/invalid-input/ and the vendor's own
 * OpenAPI description (plaid/plaid-openapi), checked 2026-11-29.
 *
 * - A token works with the client's secret alone. It names its environment, and a client knows only its own Items.
 * - Removing the Item ends the token, and the connection to the bank with it. A token could be rotated instead, but the new
 *   one would be lost: the Item would be of no use, and go on to be charged for.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_plaid-api-token'],
  pattern: /(?<![\w-])access-(?:sandbox|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/,
  effect: 'wider',
  warning: 'Plaid removes the Item: the connection to the bank ends, and its user has to make another one.',
  possession: 'by-value',
  places: { open: 'Every client has its own Items, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  clients: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('The client id.'),
        secret: secretText().describe('Its secret for the environment.'),
        environment: z.enum(['production', 'sandbox']).default('production').describe('The environment.'),
      }),
    )
    .default([])
    .describe('Clients whose access tokens may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

/** A token is its own id. */
const FOUND = z.object({});
const ITEM = z.object({ item: z.looseObject({}) });
const REMOVED = z.object({ request_id: z.string() });
const errorOf = (...codes: readonly [string, ...string[]]) => z.object({ error_code: z.enum(codes) });
const UNKNOWN = errorOf('INVALID_ACCESS_TOKEN', 'ITEM_NOT_FOUND');
const OUR_SECRET = errorOf('INVALID_API_KEYS');
const OUR_RIGHT = errorOf('UNAUTHORIZED_ENVIRONMENT');

function client(
  { clientId, secret, environment }: Config['clients'][number],
  tools: Tools,
): Account<z.output<typeof FOUND>> {
  const upstream = tools.upstream(`https://${environment}.plaid.com`);
  const bodyOf = (token: Secret) => ({ client_id: clientId, secret, access_token: token });

  /** @throws {Failure} when Plaid refuses our client */
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const json = bodyOf(token);
    const request = { method: 'POST', path: '/item/get', json, readOnly: true, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], ITEM, true),
      row([400, 404], UNKNOWN, false),
      row([400, 401], OUR_SECRET, 'credential-refused'),
      row([400, 403], OUR_RIGHT, 'permission-missing'),
    ]);
    if (typeof means === 'boolean') return means;
    throw new Failure(means, { target: upstream.base, status: answer.status });
  };

  return {
    name: `${clientId} (${environment})`,
    async look(token, { signal }) {
      if (!token.reveal().startsWith(`access-${environment}-`)) return { state: 'absent' };
      if (!(await works(token, signal))) return { state: 'absent' };
      return { state: 'alive', found: {}, by: 'by-value' };
    },
    async revoke(_found, token, { signal }) {
      const request = { method: 'POST', path: '/item/remove', json: bodyOf(token), signal } as const;
      await ask(upstream, request, [row([200], REMOVED, 'removed'), row([400, 404], UNKNOWN, 'gone')]);
      return revoked();
    },
    verify: async (_found, token, { signal }) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      const query = { client_id: clientId, secret, count: 1, offset: 0, country_codes: ['US'] };
      const path = '/institutions/get';
      const request = { method: 'POST', path, json: query, readOnly: true, signal } as const;
      const { means, answer } = await ask(upstream, request, [
        row([200], z.object({ institutions: z.array(z.unknown()) }), 'ok'),
        row([400, 401], OUR_SECRET, 'credential-refused'),
        row([400, 403], OUR_RIGHT, 'permission-missing'),
      ]);
      if (means !== 'ok') throw new Failure(means, { target: upstream.base, status: answer.status });
    },
  };
}

export const plaid: ProviderDefinition<Config> = {
  id: 'plaid',
  title: 'Plaid',
  docs: 'https://plaid.com/docs/api/items/#itemremove',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Plaid does not know the token any more',
  effect: 'removes the Item, so it waits for approval',
  needs: 'the id and the secret of each client',
  types: KIND.types,
  config,
  create: ({ clients }, tools) => ({
    kinds: clients.length > 0 ? [KIND] : [],
    ...byAccounts(
      clients.map((each) => client(each, tools)),
      {
        found: FOUND,
        unknown:
          'No configured client has this token: if it is of another one, add that to providers.plaid.clients and retry.',
        rights: 'The secret must be that of the client in this environment.',
        log: tools.log,
      },
    ),
  }),
};
