/**
 * Lichess: personal API access tokens (lip_) and those of OAuth apps (lio_).
 *
 * Docs: https://lichess.org/api#tag/OAuth/operation/apiTokenDelete; the refusals and the length of a token are those of the
 * vendor's own source (lichess-org/lila, OAuthServer.scala and Bearer), checked 2026-11-29.
 *
 * - The token revokes itself, by value; one of the mobile app does not, as it is let in only with a signature behind it.
 * - An account that is closed refuses its tokens as of no user, for as long as it is.
 */
import { z } from 'zod';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const HOST = 'https://lichess.org';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_lichess-personal-access-token'],
  pattern: /(?<![\w-])(?:lip_[A-Za-z0-9]{20}|lio_[A-Za-z0-9]{32})(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  // Those of the mobile app work together with its signature alone, and are refused like unknown ones without it.
  whole: (token) => token.startsWith('lip_'),
  undo: 'no',
};

const config = z.strictObject({});

const error = (message: string) => z.object({ error: z.literal(message) });

export const lichess: ProviderDefinition<z.output<typeof config>> = {
  id: 'lichess',
  title: 'Lichess',
  docs: 'https://lichess.org/api#tag/OAuth/operation/apiTokenDelete',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the token revokes itself, by value',
  proof: 'the API does not let the token in any more',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => ({
    kinds: [KIND],
    ...selfService({
      upstream: tools.upstream(HOST),
      place: HOST,
      revoke: (token) => ({
        method: 'DELETE',
        path: '/api/token',
        headers: { authorization: bearer(token) },
      }),
      probe: (token) => ({ method: 'GET', path: '/api/account', headers: { authorization: bearer(token) } }),
      revoked: [{ status: 204 }],
      refused: [{ status: 401, body: error('No such token') }],
      passing: [{ status: 401, body: error('No such user') }],
      alive: [{ status: 200, body: z.object({ id: z.string(), username: z.string() }) }],
    }),
  }),
};
