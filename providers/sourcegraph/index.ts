/**
 * Sourcegraph: access tokens (sgp_).
 *
 * Docs: https://sourcegraph.com/docs/cli/how-tos/revoking_an_access_token shows what a revoked token is told; that the
 * mutation `deleteAccessToken` takes a token by value is in the vendor's own client (sourcegraph,
 * internal/gqltestutil/access_token.go), checked 2026-11-29.
 *
 * - Tokens that were made before there was a prefix are forty digits and work on, as does any with another prefix than it was
 *   given (sourcegraph-public-snapshot, internal/accesstoken/personal_access_token.go).
 * - Whoever holds a token may delete it. An instance says the same of one that is dead, of one of another instance, and,
 *   while its licence has expired, of all that are not an administrator's (cmd/frontend/internal/httpapi/auth.go, `OnlyAdmin`).
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Body, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_sourcegraph-access-token'],
  pattern: /(?<![\w-])(?:sgph?_(?:(?:[0-9a-fA-F]{16}|local)_)?)?[0-9a-fA-F]{40}(?![\w-])/,
  // Its server hashes the bytes that the digits mean (internal/accesstoken in its sources).
  canonical: (token) => token.toLowerCase(),
  ownTypesOnly: true,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every instance issues its own, and only the configured ones are asked.' },
  // Without its prefix it may be the end of one.
  whole: (token) => token.startsWith('sgp'),
  undo: 'no',
};

const config = z.strictObject({
  instances: z
    .array(z.strictObject({ url: baseUrl('/.api').describe('Such as https://sourcegraph.example.com.') }))
    .default([{ url: 'https://sourcegraph.com' }])
    .describe('Instances that may have issued a token; asked in this order.'),
});

const KEPT_OUT = refused(
  'manual',
  'Sourcegraph took this token before and refuses it now, as it does while its licence has expired: see in the settings of the user whether the token is gone, and delete it there.',
);

const USER = z.object({ data: z.object({ currentUser: z.object({ username: z.string() }) }) });
const DELETED = z.object({
  data: z.object({ deleteAccessToken: z.object({ alwaysNil: z.null() }) }),
  errors: z.undefined().optional(),
});
/** As plain text. */
const INVALID = /^Invalid access token\.?\s*$/;

function instance(upstream: Upstream): SelfServicePlace {
  const ask = (token: Secret, json: Body, signal: AbortSignal, readOnly?: true) =>
    upstream.request({
      ...{ method: 'POST', path: '/.api/graphql', json, statuses: [200, 401], signal },
      headers: { authorization: new Secret(`token ${token.reveal()}`) },
      ...(readOnly && { readOnly }),
    });
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await ask(token, { query: 'query { currentUser { username } }' }, signal, true);
    if (answer.status === 200) return answer.json(USER).data.currentUser.username.length > 0;
    if (INVALID.test(answer.text)) return false;
    throw unexpected(upstream, answer);
  };

  return {
    name: upstream.base,
    works,
    async revoke(token, signal) {
      const query = 'mutation ($token: String!) { deleteAccessToken(byToken: $token) { alwaysNil } }';
      const answer = await ask(token, { query, variables: { token } }, signal);
      if (answer.status !== 200) throw unexpected(upstream, answer);
      answer.json(DELETED);
      return revoked();
    },
  };
}

export const sourcegraph: ProviderDefinition<z.output<typeof config>> = {
  id: 'sourcegraph',
  title: 'Sourcegraph',
  docs: 'https://sourcegraph.com/docs/cli/how-tos/revoking_an_access_token',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the token deletes itself, by value',
  proof: 'the instance that knew the token calls it invalid',
  effect: 'the token only',
  needs: 'the URL of each instance other than sourcegraph.com',
  types: KIND.types,
  config,
  create({ instances }, tools) {
    const upstreams = instances.map(({ url }) => tools.upstream(url));
    const methods = selfServiceAt(upstreams.map(instance), {
      unknown:
        'No configured Sourcegraph lets this token in: if it is of another one, add that to providers.sourcegraph.instances and retry.',
      keptOut: KEPT_OUT,
      copies: true,
      log: tools.log,
    });
    return { kinds: upstreams.length > 0 ? [KIND] : [], ...methods };
  },
};
