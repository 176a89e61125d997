/** What an administrator's token can ask a server: the tokens of all users. Quirks are in `analysis-tokens.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Tenant } from '../../src/provider/kit/tenants.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { LIST, type Listed } from './records.ts';

const PAGE_SIZE = 500;
const MAX_USERS = 5000;

export interface Administered extends Tenant {
  readonly adminToken: Secret;
}

export interface Owned extends Listed {
  readonly login: string;
}

const USERS = z.object({
  paging: z.object({ total: z.int() }),
  users: z.array(z.object({ login: z.string(), tokensCount: z.int().optional() })),
});

const NO_SUCH_USER = z.object({ errors: z.array(z.object({ msg: z.string() })) });

export function asAdmin({ upstream, adminToken }: Administered) {
  return operatorCalls(upstream, { authorization: basic(adminToken.reveal(), new Secret('')) });
}

/** Of all active users, as those of the others are deleted; undefined when there are too many. */
export async function allTokens(
  tenant: Administered,
  signal: AbortSignal,
): Promise<readonly Owned[] | undefined> {
  const logins: string[] = [];
  for (let page = 1, seen = 0, total = 1; seen < total; page++) {
    const { paging, users } = await listUsers(tenant, page, PAGE_SIZE, signal);
    total = paging.total;
    if (total > MAX_USERS) return undefined;
    if (users.length === 0 && seen < total)
      throw new Failure('unexpected-answer', { target: tenant.upstream.base });
    seen += users.length;
    logins.push(...users.filter(({ tokensCount }) => tokensCount !== 0).map(({ login }) => login));
  }
  const tokens: Owned[] = [];
  for (const login of logins) tokens.push(...(await tokensOf(tenant, login, signal)));
  return tokens;
}

export async function listUsers(tenant: Administered, page: number, size: number, signal: AbortSignal) {
  const { upstream } = tenant;
  const answer = await asAdmin(tenant)({
    method: 'GET',
    path: '/api/users/search',
    query: { p: page, ps: size },
    statuses: [200],
    signal,
  });
  const list = answer.json(USERS);
  // Only administrators are told how many tokens the others have.
  if (list.users.some(({ tokensCount }) => tokensCount === undefined)) {
    throw new Failure('permission-missing', { target: upstream.base });
  }
  return list;
}

export async function tokensOf(
  tenant: Administered,
  login: string,
  signal: AbortSignal,
): Promise<readonly Owned[]> {
  const answer = await asAdmin(tenant)({
    method: 'GET',
    path: '/api/user_tokens/search',
    query: { login },
    statuses: [200],
    notFound: NO_SUCH_USER,
    signal,
  });
  if (answer.status === 404) return [];
  return answer.json(LIST).userTokens.map((each) => ({ ...each, login }));
}
