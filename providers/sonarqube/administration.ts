/** What an administrator's token can ask a server: the tokens of all users. Quirks are in `analysis-tokens.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { LIST, type Listed } from './records.ts';

export const PAGE_SIZE = 500;
export const MAX_USERS = 5000;

export interface Administered {
  readonly upstream: Upstream;
  readonly adminToken: Secret;
}

export interface Owned extends Listed {
  readonly login: string;
}

interface Users {
  readonly total: number;
  readonly users: readonly { readonly login: string; readonly tokensCount?: number | undefined }[];
}

const USERS = z.object({
  paging: z.object({ total: z.int() }),
  users: z.array(z.object({ login: z.string(), tokensCount: z.int().optional() })),
});
/** `/api/users/search` is deprecated since 10.4 in favour of this, which does not tell how many tokens there are. */
const USERS_V2 = z.object({
  page: z.object({ total: z.int() }),
  users: z.array(z.object({ login: z.string() })),
});

/** How the server says that it has no such user, or no such call. */
const NOT_THERE = z.object({ errors: z.array(z.object({ msg: z.string() })) });

export function asAdmin({ upstream, adminToken }: Administered) {
  return operatorCalls(upstream, { authorization: basic(adminToken.reveal(), new Secret('')) });
}

/** Of all active users, as those of the others are deleted; undefined when there are too many. */
export async function allTokens(
  server: Administered,
  signal: AbortSignal,
): Promise<readonly Owned[] | undefined> {
  let seen = 0;
  const logins = await readPages(1, MAX_USERS / PAGE_SIZE, async (page) => {
    const { total, users } = await listUsers(server, page, PAGE_SIZE, signal);
    seen += users.length;
    if (users.length === 0 && seen < total)
      throw new Failure('unexpected-answer', { target: server.upstream.base });
    if (total > MAX_USERS) return 'too-many';
    const items = users.filter(({ tokensCount }) => tokensCount !== 0).map(({ login }) => login);
    return { items, next: seen < total ? page + 1 : undefined };
  });
  if (logins === undefined || logins === 'too-many') return undefined;
  const tokens: Owned[] = [];
  for (const login of logins) tokens.push(...(await tokensOf(server, login, signal)));
  return tokens;
}

export async function listUsers(
  server: Administered,
  page: number,
  size: number,
  signal: AbortSignal,
): Promise<Users> {
  const { upstream } = server;
  const answer = await asAdmin(server)({
    method: 'GET',
    path: '/api/users/search',
    query: { p: page, ps: size },
    statuses: [200],
    notFound: NOT_THERE,
    signal,
  });
  if (answer.status === 404) return listUsersV2(server, page, size, signal);
  const { paging, users } = answer.json(USERS);
  // SonarQube shows the token counts of others only to administrators.
  if (users.some(({ tokensCount }) => tokensCount === undefined)) {
    throw new Failure('permission-missing', { target: upstream.base });
  }
  return { total: paging.total, users };
}

/** The token counts of other users show whether the caller is an administrator. */
async function listUsersV2(
  server: Administered,
  page: number,
  size: number,
  signal: AbortSignal,
): Promise<Users> {
  const answer = await asAdmin(server)({
    method: 'GET',
    path: '/api/v2/users-management/users',
    query: { pageIndex: page, pageSize: size },
    statuses: [200],
    signal,
  });
  const { page: paging, users } = answer.json(USERS_V2);
  return { total: paging.total, users };
}

export async function tokensOf(
  server: Administered,
  login: string,
  signal: AbortSignal,
): Promise<readonly Owned[]> {
  const answer = await asAdmin(server)({
    method: 'GET',
    path: '/api/user_tokens/search',
    query: { login },
    statuses: [200],
    notFound: NOT_THERE,
    signal,
  });
  if (answer.status === 404) return [];
  return answer.json(LIST).userTokens.map((each) => ({ ...each, login }));
}

/** @throws {Failure} when the token lacks the rights of an administrator */
export async function probeRights(server: Administered, signal: AbortSignal): Promise<void> {
  const { users } = await listUsers(server, 1, 2, signal);
  // One of them may be the administrator himself, who may always read his own.
  for (const { login, tokensCount } of users) {
    if (tokensCount === undefined) await tokensOf(server, login, signal);
  }
}
