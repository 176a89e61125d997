/**
 * DigitalOcean personal access tokens and OAuth access tokens.
 *
 * Docs: https://docs.digitalocean.com/reference/api/oauth/#revoke; DigitalOcean's own command line and Terraform provider
 * revoke the tokens of its container registry the same way; checked 2026-11-21.
 *
 * - The token revokes itself by value. That this works for personal access tokens, too, is said by third parties only,
 *   so a token counts as dead only when the API itself no longer takes it.
 * - A scoped token may lack the right to read the account: a 403 there is a sign of life.
 * - Refresh tokens (`dor_v1_`) are left to a person: no documentation says what the call does with one, and nothing
 *   but using it up would show whether it is dead.
 */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import {
  alreadyInactive,
  livenessOf,
  refused,
  revoked,
  type Sign,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type DigitalOceanConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_digitalocean-access-token', 'gitleaks_rule_id_digitalocean-pat'],
  pattern: /(?<![\w-])do[op]_v1_[a-f0-9]{64}(?![\w-])/,
  effect: 'token',
};

const NOT_PERMITTED = refused(
  'not-permitted',
  'DigitalOcean does not let this token revoke itself: delete it in the control panel under API, Tokens.',
);

const ACCOUNT: Sign = { status: 200, body: z.object({ account: z.object({}) }) };
const UNAUTHORIZED: Sign = { status: 401, body: z.object({ id: z.string().regex(/^unauthorized$/i) }) };
const FORBIDDEN: Sign = { status: 403, body: z.object({ id: z.string().regex(/^forbidden$/i) }) };

export const digitalocean: ProviderDefinition<DigitalOceanConfig> = {
  id: 'digitalocean',
  title: 'DigitalOcean',
  docs: 'https://docs.digitalocean.com/reference/api/oauth/#revoke',
  stability: 'beta',
  exactness: 'the token revokes itself, by value',
  proof: 'the API no longer lets the token in',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const issuer = tools.upstream('https://cloud.digitalocean.com');
    const api = tools.upstream('https://api.digitalocean.com');
    return {
      kinds: [KIND],
      async revoke(token, { signal }) {
        const answer = await issuer.request({
          method: 'POST',
          path: '/v1/oauth/revoke',
          headers: { authorization: bearer(token) },
          form: { token },
          statuses: [200, 401, 403],
          signal,
        });
        if (!isEmptyOrJson(answer)) throw unexpected(issuer, answer);
        if (answer.status === 200) return revoked();
        return (await probe(api, token, signal)) === 'dead' ? alreadyInactive() : NOT_PERMITTED;
      },
      verify: (token, { signal }) => probe(api, token, signal),
    };
  },
};

async function probe(api: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const answer = await api.request({
    method: 'GET',
    path: '/v2/account',
    headers: { authorization: bearer(token) },
    statuses: [200, 401, 403],
    signal,
  });
  return livenessOf(api, answer, { dead: [UNAUTHORIZED], alive: [ACCOUNT, FORBIDDEN] });
}
