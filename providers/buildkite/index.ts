/**
 * Buildkite user API access tokens.
 *
 * Docs: https://buildkite.com/docs/apis/rest-api/access-token#revoke-the-current-token, checked 2026-11-21.
 *
 * - A token revokes itself, whatever its scopes.
 * - A token may be limited to certain addresses. What one is answered from ours is documented nowhere, and may be what a
 *   dead one gets: so a refusal is the end only of a token that was seen to work.
 */
import { z } from 'zod';
import { selfService } from '../../src/provider/kit/self-service.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({});
type BuildkiteConfig = z.output<typeof config>;

const HOST = 'https://api.buildkite.com';

const KIND: TokenKind = {
  id: 'user-access-token',
  types: ['gitleaks_rule_id_buildkite-user-access-token'],
  pattern: /(?<![\w-])bkua_[a-z0-9]{40}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Buildkite may refuse a token from all but certain addresses in the same words.' },
  whole: 'exact',
  undo: 'no',
};

const UNKNOWN =
  'Buildkite does not let this token in: it is dead, or limited to other addresses. Look for it in the API access audit of the organization, and have its owner revoke it if it is still there.';

const PATH = '/v2/access-token';

export const buildkite: ProviderDefinition<BuildkiteConfig> = {
  id: 'buildkite',
  title: 'Buildkite',
  docs: 'https://buildkite.com/docs/apis/rest-api/access-token#revoke-the-current-token',
  stability: 'stable',
  exactness: 'the token revokes itself',
  proof: 'the API refuses the token that it has just revoked',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => ({
    kinds: [KIND],
    ...selfService({
      upstream: tools.upstream(HOST),
      place: HOST,
      revoke: (token) => ({ method: 'DELETE', path: PATH, headers: { authorization: bearer(token) } }),
      probe: (token) => ({
        method: 'GET',
        path: PATH,
        headers: { authorization: bearer(token) },
        tells: {
          owner: ['user.email', 'user.name'],
          name: 'description',
          scopes: 'scopes',
          created: 'created_at',
        },
      }),
      revoked: [{ status: 204 }],
      refused: [
        { status: 401, body: z.object({ message: z.string().startsWith('Authentication required') }) },
      ],
      unknown: UNKNOWN,
      alive: [{ status: 200, body: z.object({ uuid: z.string() }) }],
    }),
  }),
};
