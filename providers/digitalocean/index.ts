/**
 * DigitalOcean personal access tokens and OAuth access tokens.
 *
 * Docs: https://docs.digitalocean.com/reference/api/oauth/#revoke; DigitalOcean's own command line and Terraform provider
 * revoke the tokens of its container registry the same way; checked 2026-11-21.
 *
 * - The token revokes itself by value. That this works for personal access tokens, too, is said by third parties only,
 *   so a token counts as dead only when the API itself no longer takes it. What the call says of a token that never was is
 *   not documented, and it may be that it was done: so the API is asked before, too.
 * - A token that is not let in was for some time told so in plain text (digitalocean/api-v2#189). The vendor's own client asks
 *   for JSON (digitalocean/godo, godo.go).
 * - A scoped token may lack the right to read the account: a 403 there is a sign of life.
 * - Refresh tokens (`dor_v1_`) are left to a person: no documentation says what the call does with one, and nothing
 *   but using it up would show whether it is dead.
 */
import { z } from 'zod';
import { ask, row, textRow } from '../../src/provider/kit/answers.ts';
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type DigitalOceanConfig = z.output<typeof config>;

const API = 'https://api.digitalocean.com';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_digitalocean-access-token', 'gitleaks_rule_id_digitalocean-pat'],
  pattern: /(?<![\w-])do[op]_v1_[a-f0-9]{64}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [API] },
  whole: 'exact',
  undo: 'no',
};

const NOT_PERMITTED = refused(
  'not-permitted',
  'DigitalOcean does not let this token revoke itself: delete it in the control panel under API, Tokens.',
);

const error = (id: RegExp) => z.object({ id: z.string().regex(id) });

export const digitalocean: ProviderDefinition<DigitalOceanConfig> = {
  id: 'digitalocean',
  title: 'DigitalOcean',
  docs: 'https://docs.digitalocean.com/reference/api/oauth/#revoke',
  stability: 'beta',
  exactness: 'the token revokes itself, by value',
  proof: 'the API no longer lets the token in',
  effect: 'the token only; the refresh token of an application may live on',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const issuer = tools.upstream('https://cloud.digitalocean.com');
    const api = tools.upstream(API);
    return {
      kinds: [KIND],
      async revoke(token, step) {
        const { signal } = step;
        if ((await probe(api, token, signal)) === 'dead') return unknownAt([API]);
        step.sawAlive(API);
        const request = {
          method: 'POST',
          path: '/v1/oauth/revoke',
          headers: { authorization: bearer(token) },
          form: { token },
          signal,
        } as const;
        const { means } = await ask(issuer, request, [row([200], 'revoked'), row([401, 403], 'refused')]);
        return means === 'revoked' ? revoked() : NOT_PERMITTED;
      },
      verify: (token, { signal }) => probe(api, token, signal),
    };
  },
};

async function probe(api: Upstream, token: Secret, signal: AbortSignal): Promise<'alive' | 'dead'> {
  const headers = { authorization: bearer(token), accept: 'application/json' };
  const { means } = await ask(
    api,
    {
      method: 'GET',
      path: '/v2/account',
      headers,
      signal,
      tells: { owner: 'account.email', account: 'account.team.name' },
    },
    [
      row([200], z.object({ account: z.object({}) }), 'alive'),
      row([401], error(/^unauthorized$/i), 'dead'),
      textRow([401], /^Unable to authenticate you\.?\s*$/, 'dead'),
      row([403], error(/^forbidden$/i), 'alive'),
    ],
  );
  return means;
}
