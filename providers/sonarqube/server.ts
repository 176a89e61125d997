/** What a token can ask its server, and how it is told from the others of its user. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { isOfType, LIST, type Listed, nobodys, usedJustNow } from './records.ts';

/** So many projects are tried, one call each. */
const MAX_PROJECTS = 20;

export const FOUND = z.object({ login: z.string(), name: z.string() });
type Found = z.output<typeof FOUND>;

const VALIDITY = z.object({ valid: z.boolean() });
const SETTINGS = z.object({ settings: z.array(z.unknown()) });
const ERRORS = z.object({ errors: z.array(z.object({ msg: z.string() })) });

const AMBIGUOUS =
  'Several tokens of this user were used within the same hour, so the leaked one cannot be told: revoke it in My Account > Security of that user, or retry after they were idle for two hours.';

export function serverAccount(upstream: Upstream): Account<Found> {
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
  const all = inOnePiece(upstream, answer, userTokens);
  const alike = usedJustNow(all.filter((each) => isOfType(each, token)));
  const candidates = await ofItsProject(upstream, token, alike, signal);
  const [own, ...others] = candidates;
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
  const shown = candidates.map(({ createdAt, lastConnectionDate }) => {
    return { createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
  });
  const evidence = { instance: upstream.base, login, candidates: shown };
  return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, evidence) };
}

/** All of them where no project is open to the token, as when its user may not analyse its own any more. */
async function ofItsProject(
  upstream: Upstream,
  token: Secret,
  candidates: readonly Listed[],
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const keys = [...new Set(candidates.flatMap(({ project }) => project?.key ?? []))];
  if (keys.length < 2 || keys.length > MAX_PROJECTS) return candidates;
  const open: string[] = [];
  for (const key of keys) if (await isOpen(upstream, token, key, signal)) open.push(key);
  const [own] = open;
  if (open.length !== 1) return candidates;
  return candidates.filter(({ project }) => project === undefined || project.key === own);
}

async function isOpen(
  upstream: Upstream,
  token: Secret,
  project: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { means } = await ask(
    upstream,
    {
      method: 'GET',
      path: '/api/settings/values',
      query: { component: project, keys: 'sonar.core.id' },
      headers: { authorization: asUser(token) },
      signal,
    },
    [row([200], SETTINGS, true), row([403, 404], ERRORS, false)],
  );
  return means;
}

function asUser(token: Secret): Secret {
  return basic(token.reveal(), new Secret(''));
}
