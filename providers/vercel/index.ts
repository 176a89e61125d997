/**
 * Vercel access tokens, and tokens of apps (see `app-tokens.ts`).
 *
 * Docs: https://vercel.com/docs/rest-api/authentication/delete-an-authentication-token, checked 2026-11-28.
 *
 * - `current` instead of an id means the token that the call is made with.
 * - A dead token gets 403, not 401, and only `invalidToken` tells it from a token that lacks a right. Tokens that are
 *   limited to a project lack the right to delete themselves.
 * - Whether the calls about a user's tokens know those of integrations (vci_), which partners rotate by a call of their own
 *   (https://vercel.com/docs/integrations/create-integration/marketplace-api/reference/vercel/rotate-installation-credential,
 *   checked 2026-11-29), is not documented: their refusal alone is no death, either.
 * - Tokens without a prefix, which Vercel gave before, are told from nothing else of 24 characters. One that is refused
 *   goes to a person, unless it was seen to work.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { APP_TOKEN, appKeys, appTokens } from './app-tokens.ts';

const config = z.strictObject({ apps: appKeys });
export type VercelConfig = z.output<typeof config>;

const HOST = 'https://api.vercel.com';

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_vercel-api-token',
    'gitleaks_rule_id_vercel-integration-token',
    'gitleaks_rule_id_vercel-personal-access-token',
  ],
  pattern: /(?<![\w-])(?:vc[pi]_[A-Za-z0-9_-]{56}|[A-Za-z0-9]{24})(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  // Any 24 characters look like an old one: another secret, or a part of one.
  whole: (token) => /^vcp_/.test(token),
  undo: 'no',
};

export const vercel: ProviderDefinition<VercelConfig> = {
  id: 'vercel',
  title: 'Vercel',
  docs: 'https://vercel.com/docs/rest-api/authentication/delete-an-authentication-token',
  stability: 'stable',
  checked: '2026-11-28',
  exactness: 'by value: the token deletes itself, or its app revokes it',
  proof: 'the API calls the token invalid; the app hears that it is not active',
  effect: 'the token only',
  needs: 'nothing; for tokens of apps, the id and the secret of each app',
  types: [...KIND.types, ...APP_TOKEN.types],
  config,
  create({ apps }, tools) {
    const upstream = tools.upstream(HOST);
    const itself: Part = {
      kinds: [KIND],
      async revoke(token, step) {
        const path = '/v3/user/tokens/current';
        const request = {
          method: 'DELETE',
          path,
          headers: { authorization: bearer(token) },
          signal: step.signal,
        } as const;
        const { means } = await ask(upstream, request, [
          row([200], z.object({ tokenId: z.string() }), 'revoked'),
          ...REFUSALS,
        ]);
        if (means === 'invalid') return unknownAt([HOST]);
        step.sawAlive(HOST);
        return means === 'revoked' ? revoked() : refused('not-permitted', LACKS_RIGHT);
      },
      async look(token, step) {
        if (!(await isAlive(upstream, token, step.signal))) return unknownAt([HOST]);
        step.sawAlive(HOST);
        return { outcome: 'alive' };
      },
      verify: async (token, { signal }) => ((await isAlive(upstream, token, signal)) ? 'alive' : 'dead'),
    };
    return byKind([itself, appTokens(apps, tools)]);
  },
};

const REFUSALS = [
  row([401, 403], z.object({ error: z.object({ invalidToken: z.literal(true) }) }), 'invalid'),
  row([403], z.object({ error: z.object({ code: z.literal('forbidden') }) }), 'lacks-right'),
];

const LACKS_RIGHT =
  'The token works but may not delete itself, as one that is limited to a project: delete it in the settings of Vercel.';

async function isAlive(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const path = '/v5/user/tokens/current';
  const request = {
    method: 'GET',
    path,
    headers: { authorization: bearer(token) },
    signal,
    tells: {
      name: 'token.name',
      created: 'token.createdAt',
      expires: 'token.expiresAt',
      lastUsed: 'token.activeAt',
    },
  } as const;
  const { means } = await ask(upstream, request, [
    row([200], z.object({ token: z.object({ id: z.string() }) }), 'alive'),
    ...REFUSALS,
  ]);
  return means !== 'invalid';
}
