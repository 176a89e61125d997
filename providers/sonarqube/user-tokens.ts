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
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Step, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { LIST, usedJustNow } from './records.ts';

export const USER_KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_sonarqubeusertoken', 'gitleaks_rule_id_sonar-api-token'],
  pattern: /(?<![\w-])squ_[a-f0-9]{40}(?![\w-])/,
  effect: 'token',
};

const NOTE = z.object({ instance: z.string() });
const VALIDITY = z.object({ valid: z.boolean() });

const OWN_CREDENTIAL = ownCredential('token');
const UNKNOWN = refused(
  'unknown-token',
  'No configured SonarQube server takes this token: if it is of another one, add that to providers.sonarqube.instances and retry; otherwise it is dead already and can be dismissed.',
);
const AMBIGUOUS =
  'Several tokens of this user were used within the same hour, so the leaked one cannot be told: revoke it in My Account > Security of that user, or retry after they were idle for two hours.';

export function userTokens(upstreams: readonly Upstream[], ownTokens: readonly Secret[]): Part {
  const seenAt = (step: Step): Upstream | undefined => {
    const seen = NOTE.safeParse(step.note).data?.instance;
    return upstreams.find(({ base }) => base === seen);
  };

  return {
    kinds: [USER_KIND],
    isAble: upstreams.length > 0,
    async revoke(token, step) {
      if (ownTokens.some((own) => isSame(own, token))) return OWN_CREDENTIAL;
      const seen = seenAt(step);
      for (const upstream of seen ? [seen] : upstreams) {
        if (!(await isValid(upstream, token, step.signal))) continue;
        if (!seen) {
          step.remember({ instance: upstream.base });
          return { outcome: 'continue', afterMs: 0 };
        }
        return revokeAt(upstream, token, step.signal);
      }
      return seen ? alreadyInactive({ instance: seen.base }) : UNKNOWN;
    },
    async verify(token, step) {
      const seen = seenAt(step);
      if (!seen) return 'unknown';
      return (await isValid(seen, token, step.signal)) ? 'alive' : 'dead';
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

async function revokeAt(upstream: Upstream, token: Secret, signal: AbortSignal) {
  const headers = { authorization: asUser(token) };
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/user_tokens/search',
    headers,
    statuses: [200],
    signal,
  });
  const { login, userTokens } = answer.json(LIST);
  const [own, ...others] = usedJustNow(
    userTokens.filter(({ type }) => (type ?? 'USER_TOKEN') === 'USER_TOKEN'),
  );
  if (!own) throw unexpected(upstream, answer);
  const evidence = { instance: upstream.base, login };
  if (others.length > 0) {
    const candidates = [own, ...others].map(({ createdAt, lastConnectionDate }) => {
      return { createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
    });
    return refused('ambiguous', AMBIGUOUS, { ...evidence, candidates });
  }
  await upstream.request({
    method: 'POST',
    path: '/api/user_tokens/revoke',
    headers,
    form: { name: own.name },
    statuses: [204],
    signal,
  });
  return revoked(evidence);
}

function asUser(token: Secret): Secret {
  return basic(token.reveal(), new Secret(''));
}
