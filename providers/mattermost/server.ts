/** One server, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Whose token it is. */
export const FOUND = z.string();

const USER = z.object({ id: z.string().min(1) });
const ACCOUNT = z.object({ delete_at: z.number() });
const SETTINGS = z.object({ EnableUserAccessTokens: z.enum(['true', 'false']) });
const TOKENS = z.array(z.object({ is_active: z.boolean() }));
const DONE = z.object({ status: z.literal('OK') });
const REFUSED = z.object({ id: z.literal('api.context.session_expired.app_error') });
const SESSIONS = z.array(
  z.object({
    id: z.string(),
    props: z.object({ user_access_token_id: z.string().optional() }).nullish(),
  }),
);
const NOT_FOUND = z.object({ id: z.string(), status_code: z.literal(404) });

const PAGE_SIZE = 200;
const MAX_PAGES = 10;

const AMBIGUOUS =
  'The token works, and it cannot be told which one of its user it is: have the user revoke it, under Profile > Security > Personal Access Tokens.';

export function serverAccount(upstream: Upstream, adminToken: Secret): Account<string> {
  const call = operatorCalls(upstream, { authorization: bearer(adminToken) });

  const userOf = async (token: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const headers = { authorization: bearer(token) };
    const { means } = await ask(
      upstream,
      { method: 'GET', path: '/api/v4/users/me', headers, signal, tells: { owner: ['email', 'username'] } },
      [row([200], USER, ({ id }) => id), row([401], REFUSED, undefined)],
    );
    return means;
  };

  const sessionsOf = async (user: string, signal: AbortSignal) => {
    const path = `/api/v4/users/${encodeURIComponent(user)}/sessions`;
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    return inOnePiece(upstream, answer, answer.json(SESSIONS));
  };

  const hasDisabled = async (path: string, signal: AbortSignal): Promise<boolean> => {
    const tokens = await readPages(0, MAX_PAGES, async (page) => {
      const query = { page, per_page: PAGE_SIZE };
      const items = (await call({ method: 'GET', path, query, statuses: [200], signal })).json(TOKENS);
      return { items, next: items.length < PAGE_SIZE ? undefined : page + 1 };
    });
    return tokens?.some(({ is_active }) => !is_active) ?? true;
  };

  /** Those of bots work all the same where they are turned off. */
  const areTurnedOff = async (signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/api/v4/config/client',
      query: { format: 'old' },
      signal,
    } as const;
    const settings = (await call({ ...request, statuses: [200] })).json(SETTINGS);
    return settings.EnableUserAccessTokens === 'false';
  };

  const logOut = async (token: Secret, signal: AbortSignal): Promise<void> => {
    const headers = { authorization: bearer(token) };
    const request = { method: 'POST', path: '/api/v4/users/logout', headers, signal } as const;
    await ask(upstream, request, [row([200], DONE, 'done')]);
  };

  return {
    name: upstream.base,
    async look(token, { signal }) {
      const user = await userOf(token, signal);
      if (user === undefined) return { state: 'absent' };
      return { state: 'alive', found: user, by: 'by-value', evidence: { user } };
    },
    async revoke(user, token, step) {
      const { signal } = step;
      await logOut(token, signal);
      const before = (await sessionsOf(user, signal)).map(({ id }) => id);
      if ((await userOf(token, signal)) === undefined) return revoked({ kind: 'session' });
      const fresh = (await sessionsOf(user, signal)).filter(
        ({ id, props }) => !before.includes(id) && props?.user_access_token_id,
      );
      const [only, ...others] = new Set(fresh.flatMap(({ props }) => props?.user_access_token_id ?? []));
      if (only === undefined || others.length > 0) return refused('ambiguous', AMBIGUOUS);
      // Another token of the user may have been used in between: the leaked one ends its own session alone.
      await logOut(token, signal);
      const after = (await sessionsOf(user, signal)).map(({ id }) => id);
      if (fresh.some(({ id }) => after.includes(id))) return refused('ambiguous', AMBIGUOUS);
      step.prove('one-fits');
      const json = { token_id: only };
      const path = '/api/v4/users/tokens/revoke';
      const answer = await call({ method: 'POST', path, json, statuses: [200], notFound: NOT_FOUND, signal });
      if (answer.status === 200) answer.json(DONE);
      return revoked({ tokenId: only });
    },
    /** The tokens of a deactivated user, or of a server, and single disabled ones are refused; each can be taken back. */
    async isThere(user, signal) {
      const path = `/api/v4/users/${encodeURIComponent(user)}`;
      const answer = await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
      if (answer.status === 404) return false;
      if (answer.json(ACCOUNT).delete_at !== 0) return true;
      return (await areTurnedOff(signal)) || hasDisabled(`${path}/tokens`, signal);
    },
    verify: async (_user, token, { signal }) =>
      (await userOf(token, signal)) === undefined ? 'dead' : 'alive',
    async probe(signal) {
      await call({
        method: 'GET',
        path: '/api/v4/users/tokens',
        query: { per_page: 1 },
        statuses: [200],
        signal,
      });
    },
  };
}
