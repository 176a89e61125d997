/**
 * User tokens (`squ_`), which revoke themselves.
 *
 * - A token is revoked by its name, which neither its text nor any answer tells. It may list the tokens of its user.
 *   The server writes the last use of a token at most once an hour and before it answers. So the token that asks was
 *   used within the hour before the newest use in its own list, and all others but those used in that hour are ruled
 *   out, whatever any clock says. What is left is the leaked token, or it is ambiguous.
 * - `/api/authentication/validate` answers 200 in any case; `valid` is false for a dead token and for another server's.
 * - Bearer works since 10.0, Basic with the token as user name on all versions. Revoking a name that is gone is a 204.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { LIST, nobodys, PLACES, usedJustNow } from './records.ts';

export const USER_KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_sonarqubeusertoken', 'gitleaks_rule_id_sonar-api-token'],
  pattern: /(?<![\w-])squ_[a-f0-9]{40}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'one-fits',
  places: PLACES,
  whole: 'exact',
  undo: 'no',
};

export const USER_FOUND = z.object({ login: z.string(), name: z.string() });
type Found = z.output<typeof USER_FOUND>;

const VALIDITY = z.object({ valid: z.boolean() });

const AMBIGUOUS =
  'Several tokens of this user were used within the same hour, so the leaked one cannot be told: revoke it in My Account > Security of that user, or retry after they were idle for two hours.';

export function userAccount(upstream: Upstream): Account<Found> {
  return {
    name: upstream.base,
    // Each time anew: what is revoked goes by a name, which may be another token's by now.
    async look(token, { signal }) {
      if (!(await isValid(upstream, token, signal))) return { state: 'absent' };
      await mustRefuse(upstream, isValid(upstream, nobodys(token), signal));
      return lookAtList(upstream, token, signal);
    },
    async revoke({ login, name }, token, { signal }) {
      await upstream.request({
        method: 'POST',
        path: '/api/user_tokens/revoke',
        headers: { authorization: asUser(token) },
        form: { name },
        statuses: [204],
        signal,
      });
      return revoked({ login });
    },
    async verify(_found, token, { signal }) {
      return (await isValid(upstream, token, signal)) ? 'alive' : 'dead';
    },
  };
}

async function isValid(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/authentication/validate',
    headers: { authorization: asUser(token) },
    statuses: [200],
    signal,
  });
  return answer.json(VALIDITY).valid;
}

async function lookAtList(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Sight<Found>> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/user_tokens/search',
    headers: { authorization: asUser(token) },
    statuses: [200],
    signal,
  });
  const { login, userTokens } = answer.json(LIST);
  const [own, ...others] = usedJustNow(
    userTokens.filter(({ type }) => (type ?? 'USER_TOKEN') === 'USER_TOKEN'),
  );
  if (!own) throw unexpected(upstream, answer);
  if (others.length === 0) {
    return {
      state: 'alive',
      found: { login, name: own.name },
      by: 'one-fits',
      toldBy: 'use',
      evidence: { login },
    };
  }
  const candidates = [own, ...others].map(({ createdAt, lastConnectionDate }) => {
    return { createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
  });
  const evidence = { instance: upstream.base, login, candidates };
  return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, evidence) };
}

function asUser(token: Secret): Secret {
  return basic(token.reveal(), new Secret(''));
}
