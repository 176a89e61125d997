/**
 * Doppler tokens: personal, CLI, service, service account, service account identity, SCIM and audit.
 *
 * Docs: https://docs.doppler.com/reference/auth-revoke, https://docs.doppler.com/reference/auth-me, and for the formats
 * https://docs.doppler.com/reference/auth-token-formats; checked 2026-11-28.
 *
 * - The revocation takes the token by value, in the body, and wants no other credential.
 * - What it answers to a token that it does not know is not documented, so `/v3/me` is asked first, and what was seen to
 *   work is on file before it is revoked.
 * - Environments may have rules of trusted addresses. What a token gets that is refused by one is not documented, so a
 *   401 counts only in the words about an invalid token, and a 403 shows neither life nor death.
 * - The vendor's own command line asks for JSON (DopplerHQ/cli, pkg/http/http.go).
 * - Tokens have 40 to 44 characters, so nothing tells a cut one from a whole one.
 * - SCIM and audit tokens are not known to work at `/v3/me`: nothing there would be a proof, so it is not asked.
 */
import { z } from 'zod';
import { AS_JSON, ask, row } from '../../src/provider/kit/answers.ts';
import { goneSinceSeen, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type DopplerConfig = z.output<typeof config>;

const HOST = 'https://api.doppler.com';

const TRUST = {
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
} as const;

const TOKEN: TokenKind = {
  id: 'token',
  types: ['gitleaks_rule_id_doppler_api_token', 'gitleaks_rule_id_doppler_service_token'],
  pattern: /(?<![\w-])dp\.(?:pt|ct|sa|said|st|st\.[a-z0-9_-]{2,35})\.[A-Za-z0-9]{40,44}(?![\w-])/,
  ...TRUST,
};
const SPECIAL_TOKEN: TokenKind = {
  id: 'special-token',
  types: ['gitleaks_rule_id_doppler_api_token'],
  pattern: /(?<![\w-])dp\.(?:scim|audit)\.[A-Za-z0-9]{40,44}(?![\w-])/,
  ...TRUST,
};

const NOT_TAKEN = refused(
  'not-permitted',
  'Doppler did not take the revocation of this token: look for it in the dashboard, and revoke it there.',
);

const FAILED = z.object({ success: z.literal(false) });
const INVALID = z.object({
  success: z.literal(false),
  messages: z.tuple([z.string().regex(/^invalid\b.*\btoken\b/i)], z.string()),
});

export const doppler: ProviderDefinition<DopplerConfig> = {
  id: 'doppler',
  title: 'Doppler',
  docs: 'https://docs.doppler.com/reference/auth-revoke',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the API no longer lets the token in; none for SCIM and audit tokens',
  effect: 'the token only',
  needs: 'nothing',
  types: TOKEN.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream(HOST);
    const revoke = async (token: Secret, signal: AbortSignal): Promise<'taken' | 'not-taken'> => {
      const path = '/v3/auth/revoke';
      const request = { method: 'POST', path, headers: AS_JSON, json: { token }, signal } as const;
      const { means } = await ask(upstream, request, [
        row([200, 204], 'taken'),
        row([400, 401, 404], FAILED, 'not-taken'),
      ]);
      return means;
    };
    return {
      kinds: [TOKEN, SPECIAL_TOKEN],
      async revoke(token, step) {
        const { kind, signal } = step;
        if (kind === SPECIAL_TOKEN.id) {
          return (await revoke(token, signal)) === 'taken' ? { outcome: 'accepted' } : NOT_TAKEN;
        }
        const wasSeen = step.seenAlive.includes(HOST);
        if (!wasSeen) {
          const sight = await probe(upstream, token, signal);
          if (sight === 'dead') return unknownAt([HOST]);
          if (sight === 'alive') {
            step.sawAlive(HOST);
            return { outcome: 'continue', afterMs: 0 };
          }
        }
        if ((await revoke(token, signal)) === 'taken') return wasSeen ? revoked() : { outcome: 'accepted' };
        const isDead = wasSeen && (await probe(upstream, token, signal)) === 'dead';
        return isDead ? goneSinceSeen() : NOT_TAKEN;
      },
      async verify(token, { kind, signal }) {
        return kind === TOKEN.id ? probe(upstream, token, signal) : 'unknown';
      },
    };
  },
};

async function probe(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const headers = { ...AS_JSON, authorization: bearer(token) };
  const { means } = await ask(
    upstream,
    {
      method: 'GET',
      path: '/v3/me',
      headers,
      signal,
      tells: { name: 'name', account: 'workplace.name', created: 'created_at', lastUsed: 'last_seen_at' },
    },
    [
      row([200], z.object({ type: z.string() }), 'alive'),
      row([401], INVALID, 'dead'),
      row([403], FAILED, 'unknown'),
    ],
  );
  return means;
}
