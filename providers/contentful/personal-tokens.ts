/**
 * Personal access tokens.
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/access-tokens
 *
 * - A token's list of the tokens of its user shows the last four characters only. As it works, it is one of those
 *   that are not revoked; so the only one that ends like it is it, once the list was read to its end.
 * - Those of 2018 are 64 hex digits (contentful/contentful-management.php, tests/Recordings/e2e_personal_access_token_*.json),
 *   of which a scanner for later ones sees 43. They may have no last characters to show.
 * - A token that does not work gets 401 or 403, both with `AccessTokenInvalid` (contentful-export#98 has 403). Tokens that
 *   work may get that, too, from calls that they have no access to (contentful-management.js#1057); so only the call for
 *   its own user says that a token is not let in.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { HOSTS } from './config.ts';
import { isCut } from './lengths.ts';
import { readList } from './lists.ts';

export const PERSONAL_TOKEN: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_contentfulpersonalaccesstoken'],
  pattern: /(?<![\w-])CFPAT-(?:[0-9a-f]{64}|[\w-]{43})(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { all: Object.values(HOSTS) },
  whole: (token) => !isCut(token.slice('CFPAT-'.length)),
  undo: 'no',
};

const errorOf = (id: string) => z.object({ sys: z.object({ id: z.literal(id) }) });
const USER = z.object({ sys: z.object({ type: z.literal('User') }) });

const TOKEN = z.object({
  revokedAt: z.string().nullish(),
  sys: z.object({ id: z.string().min(1), redactedValue: z.string().nullish(), createdAt: z.string() }),
});
const REVOKED = z.object({ revokedAt: z.string(), sys: z.object({ id: z.string() }) });

/** The answer to a token that is accepted. */
const DENIED = [
  row([401, 403], errorOf('AccessTokenInvalid'), 'denied'),
  row([403], errorOf('AccessDenied'), 'denied'),
];

const NOT_PERMITTED =
  'The token works, but may not revoke itself: its user can revoke it on the page of CMA tokens.';

const AMBIGUOUS =
  'Not exactly one token of this user ends like the leaked one: its user can tell which it is and revoke it on the page of CMA tokens.';

interface Host {
  readonly upstream: Upstream;
  readonly place: string;
}

/** @param hosts that may have issued a token */
export function personalTokens(hosts: readonly Host[]): Part {
  /** The host that accepts the token; undefined when none does. One that is down keeps no other from being asked. */
  const hostOf = (token: Secret, signal: AbortSignal): Promise<Host | undefined> =>
    firstSparingTheLane(hosts, async (host) =>
      (await isLetIn(host.upstream, token, signal)) ? host : undefined,
    );
  return {
    kinds: [PERSONAL_TOKEN],
    async revoke(token, step) {
      const host = await hostOf(token, step.signal);
      if (!host) return unknownAt(hosts.map(({ place }) => place));
      step.sawAlive(host.place);
      return revokeAt(host.upstream, token, step);
    },
    verify: async (token, { signal }) => ((await hostOf(token, signal)) ? 'alive' : 'dead'),
  };
}

async function isLetIn(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const headers = { authorization: bearer(token) };
  const { means } = await ask(
    upstream,
    { method: 'GET', path: '/users/me', headers, signal, tells: { owner: 'email' } },
    [
      row([200], USER, 'let-in'),
      row([403], errorOf('AccessDenied'), 'let-in'),
      row([401, 403], errorOf('AccessTokenInvalid'), 'refused'),
    ],
  );
  return means === 'let-in';
}

async function revokeAt(upstream: Upstream, token: Secret, step: Step): Promise<RevokeResult> {
  const headers = { authorization: bearer(token) };
  const { signal } = step;
  const path = '/users/me/access_tokens';
  const listed = await readList(TOKEN, async (query) => {
    const list = { method: 'GET', path, query, headers, signal } as const;
    const { means, answer } = await ask(upstream, list, [row([200], 'listed'), ...DENIED]);
    return means === 'denied' ? means : answer;
  });
  if (listed === 'denied') return refused('not-permitted', NOT_PERMITTED);

  const matches =
    listed?.filter(({ revokedAt, sys }) => !revokedAt && mayEndLike(token, sys.redactedValue)) ?? [];
  const [match, ...others] = matches;
  if (!match?.sys.redactedValue || others.length > 0) {
    const candidates = matches.map(({ sys }) => ({ tokenId: sys.id, createdAt: sys.createdAt }));
    return refused('ambiguous', AMBIGUOUS, { candidates });
  }
  step.prove('one-fits');
  const { id } = match.sys;
  const revocation = {
    method: 'PUT',
    path: `${path}/${encodeURIComponent(id)}/revoked`,
    headers,
    signal,
  } as const;
  const { means, answer } = await ask(upstream, revocation, [
    row([200], REVOKED, (record) => ({ id: record.sys.id })),
    ...DENIED,
  ]);
  if (means === 'denied') return refused('not-permitted', NOT_PERMITTED, { tokenId: id });
  if (means.id !== id) throw unexpected(upstream, answer);
  return revoked({ tokenId: id });
}

/** @param ending the last characters of it, without a mask before them; what shows none may be any token */
function mayEndLike(token: Secret, ending: string | null | undefined): boolean {
  return !ending || mayBe(token.reveal(), `...${ending}`);
}
