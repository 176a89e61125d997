/**
 * Personal access tokens.
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/access-tokens
 *
 * - A token's list of the tokens of its user shows the last four characters only. As it works, it is one of those
 *   that are not revoked; so the only one that ends like it is it, once the list was read to its end.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { readList } from './lists.ts';

export const PERSONAL_TOKEN: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_contentfulpersonalaccesstoken'],
  pattern: /(?<![\w-])CFPAT-[\w-]{43}(?![\w-])/,
  effect: 'token',
};

const REFUSED_TOKEN = {
  status: 401,
  body: z.object({ sys: z.object({ id: z.literal('AccessTokenInvalid') }) }),
};

const ACCESS_DENIED = { status: 403, body: z.object({ sys: z.object({ id: z.literal('AccessDenied') }) }) };
const USER = z.object({ sys: z.object({ type: z.literal('User') }) });

const TOKEN = z.object({
  revokedAt: z.string().nullish(),
  sys: z.object({ id: z.string().min(1), redactedValue: z.string(), createdAt: z.string() }),
});

const REVOKED = z.object({ revokedAt: z.string(), sys: z.object({ id: z.string() }) });

const NOT_PERMITTED =
  'The token works, but may not revoke itself: its user can revoke it on the page of CMA tokens.';

const AMBIGUOUS =
  'Not exactly one token of this user ends like the leaked one: its user can tell which it is and revoke it on the page of CMA tokens.';

/** @param upstreams of all hosts that may have issued a token */
export function personalTokens(upstreams: readonly Upstream[]): Part {
  return {
    kinds: [PERSONAL_TOKEN],
    revoke: (token, { signal }) => revokeItself(upstreams, token, signal),
    verify: (token, { signal }) => lookAtItself(upstreams, token, signal),
  };
}

async function revokeItself(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  for (const upstream of upstreams) {
    const call = callsOf(upstream, token, signal);
    const listed = await readList(TOKEN, (query) =>
      call({ method: 'GET', path: '/users/me/access_tokens', query }),
    );
    if (listed === 'refused') continue;
    if (listed === 'denied') return refused('not-permitted', NOT_PERMITTED);
    const ending = token.reveal().slice(-4);
    const matches = listed?.filter(({ revokedAt, sys }) => !revokedAt && sys.redactedValue === ending) ?? [];
    const [match] = matches;
    if (!match || matches.length > 1) {
      const candidates = matches.map(({ sys }) => ({ tokenId: sys.id, createdAt: sys.createdAt }));
      return refused('ambiguous', AMBIGUOUS, { candidates });
    }
    const { id } = match.sys;
    const path = `/users/me/access_tokens/${encodeURIComponent(id)}/revoked`;
    const answer = await call({ method: 'PUT', path });
    if (answer === 'refused') return alreadyInactive({ tokenId: id });
    if (answer === 'denied') return refused('not-permitted', NOT_PERMITTED, { tokenId: id });
    if (answer.json(REVOKED).sys.id !== id) throw unexpected(upstream, answer);
    return revoked({ tokenId: id });
  }
  return alreadyInactive();
}

async function lookAtItself(
  upstreams: readonly Upstream[],
  token: Secret,
  signal: AbortSignal,
): Promise<Liveness> {
  for (const upstream of upstreams) {
    const answer = await callsOf(upstream, token, signal)({ method: 'GET', path: '/users/me' });
    if (answer === 'refused') continue;
    if (answer !== 'denied') answer.json(USER);
    return 'alive';
  }
  return 'dead';
}

/** Calls of a token about itself; `refused`: it does not work here, `denied`: it works, but may not do this. */
function callsOf(upstream: Upstream, token: Secret, signal: AbortSignal) {
  return async (request: Pick<UpstreamRequest, 'method' | 'path' | 'query'>) => {
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({ ...request, headers, statuses: [200, 401, 403], signal });
    if (answer.status === 200) return answer;
    if (shows(answer, [REFUSED_TOKEN])) return 'refused';
    if (shows(answer, [ACCESS_DENIED])) return 'denied';
    throw unexpected(upstream, answer);
  };
}
