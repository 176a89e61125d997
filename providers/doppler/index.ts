/**
 * Doppler tokens: personal, CLI, service, service account, SCIM and audit.
 *
 * Docs: https://docs.doppler.com/reference/auth-revoke, https://docs.doppler.com/reference/auth-me; checked 2026-11-21.
 *
 * - The revocation takes the token by value, in the body, and wants no other credential.
 * - What it answers to a token that is dead is not documented, so `/v3/me` decides that.
 * - SCIM and audit tokens are not known to work at `/v3/me`: nothing there would be a proof, so it is not asked.
 */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type DopplerConfig = z.output<typeof config>;

const TOKEN: TokenKind = {
  id: 'token',
  types: ['gitleaks_rule_id_doppler_api_token', 'gitleaks_rule_id_doppler_service_token'],
  pattern: /(?<![\w-])dp\.(?:pt|ct|sa|st|st\.[a-z0-9_-]{2,35})\.[A-Za-z0-9]{40,44}(?![\w-])/,
  effect: 'token',
};
const SPECIAL_TOKEN: TokenKind = {
  id: 'special-token',
  types: ['gitleaks_rule_id_doppler_api_token'],
  pattern: /(?<![\w-])dp\.(?:scim|audit)\.[A-Za-z0-9]{40,44}(?![\w-])/,
  effect: 'token',
};

const NOT_TAKEN = refused(
  'not-permitted',
  'Doppler did not take the revocation of this token: revoke it in the dashboard, unless it is gone there already.',
);

const FAILED = z.object({ success: z.literal(false) });

export const doppler: ProviderDefinition<DopplerConfig> = {
  id: 'doppler',
  title: 'Doppler',
  docs: 'https://docs.doppler.com/reference/auth-revoke',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the API no longer lets the token in; none for SCIM and audit tokens',
  effect: 'the token only',
  needs: 'nothing',
  types: TOKEN.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream('https://api.doppler.com');
    return {
      kinds: [TOKEN, SPECIAL_TOKEN],
      async revoke(token, { kind, signal }) {
        const answer = await upstream.request({
          method: 'POST',
          path: '/v3/auth/revoke',
          json: { token },
          statuses: [200, 204, 400, 401, 404],
          signal,
        });
        if (answer.status < 300) {
          if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
          return kind === TOKEN.id ? revoked() : { outcome: 'accepted' };
        }
        answer.json(FAILED);
        if (kind !== TOKEN.id) return NOT_TAKEN;
        return (await probe(upstream, token, signal)) === 'dead' ? alreadyInactive() : NOT_TAKEN;
      },
      async verify(token, { kind, signal }) {
        return kind === TOKEN.id ? probe(upstream, token, signal) : 'unknown';
      },
    };
  },
};

async function probe(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/v3/me',
    headers: { authorization: bearer(token) },
    statuses: [200, 401, 403],
    signal,
  });
  if (answer.status === 200) {
    answer.json(z.object({ type: z.string() }));
    return 'alive';
  }
  answer.json(FAILED);
  return answer.status === 401 ? 'dead' : 'alive';
}
