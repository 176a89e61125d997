/**
 * Global and project analysis tokens (`sqa_`, `sqp_`): found by an administrator in the lists of all users.
 *
 * Quirks:
 * - They may call the scanner's endpoints only, those of a project with its key in the header `PROJECT_KEY`, which the
 *   scanner sends. A proxy that drops headers with underscores makes them look dead: that is never taken as proof.
 * - Such a call is written as the token's last use. So the leaked one is among those of its kind, and of the project
 *   whose key let it in, that were used within the hour; if there is only one, it is that.
 * - A refused token gets a 401 without a body, which proves nothing alone: its record must be gone or expired, too.
 * - A name is free again once its token is revoked, so the time of creation has to be the same, too.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { operatorCalls } from '../../src/provider/operator-records.ts';
import type { RevokeResult, Tools } from '../../src/provider/provider.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/tenants.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';
import { LIST, type Listed, usedJustNow } from './records.ts';

const GLOBAL = 'GLOBAL_ANALYSIS_TOKEN';
const PROJECT = 'PROJECT_ANALYSIS_TOKEN';

const PAGE_SIZE = 500;
const MAX_USERS = 5000;
const MAX_PROJECTS = 500;

const foundSchema = z.object({
  login: z.string(),
  name: z.string(),
  createdAt: z.string(),
  project: z.string().optional(),
});
type Found = z.output<typeof foundSchema>;

export interface Administered extends Tenant {
  readonly adminToken: Secret;
}

interface Owned extends Listed {
  readonly login: string;
}

const USERS = z.object({
  paging: z.object({ total: z.int() }),
  users: z.array(z.object({ login: z.string(), tokensCount: z.int().optional() })),
});
const SETTINGS = z.object({ settings: z.array(z.unknown()) });
const NO_SUCH_USER = z.object({ errors: z.array(z.object({ msg: z.string() })) });

const TOO_MANY = refused(
  'ambiguous',
  'The SonarQube server has more users or projects than Quash searches: find the token by its last use in Administration > Security > Users and revoke it there.',
);
const AMBIGUOUS =
  'Several analysis tokens were used within the same hour, so the leaked one cannot be told: revoke it in Administration > Security > Users, or retry after they were idle for two hours.';

const WRONG_RECORD = refused(
  'wrong-record',
  'SonarQube takes the leaked token although the record that was thought to be its own is gone: find it in Administration > Security > Users and revoke it there.',
);

export function createAnalysisTokens(tools: Tools) {
  const method: TenantMethod<Administered, Found> = {
    found: foundSchema,
    async look(tenant, token, { signal }, known) {
      if (!known) return search(tenant, token, signal, tools);
      const record = await recordOf(tenant, known, signal);
      const isAlive =
        (record && !record.isExpired) || (await isTaken(tenant.upstream, token, known.project, signal));
      return isAlive ? { state: 'alive', found: known } : { state: 'dead' };
    },
    async revoke(tenant, _token, found, { signal }) {
      const { upstream } = tenant;
      const { login, name } = found;
      // The token lives, but another has its name by now.
      if (!(await recordOf(tenant, found, signal))) return WRONG_RECORD;
      await asAdmin(tenant)({
        method: 'POST',
        path: '/api/user_tokens/revoke',
        form: { login, name },
        statuses: [204],
        signal,
      });
      return revoked({ instance: upstream.base, login });
    },
  };
  return { method, probe: probeRights };
}

async function recordOf(tenant: Administered, { login, name, createdAt }: Found, signal: AbortSignal) {
  const tokens = await tokensOf(tenant, login, signal);
  return tokens.find((each) => each.name === name && each.createdAt === createdAt);
}

async function search(
  tenant: Administered,
  token: Secret,
  signal: AbortSignal,
  { clock }: Tools,
): Promise<Sight<Found>> {
  const { upstream } = tenant;
  const project = await acceptedFor(tenant, token, signal);
  if (project === undefined) return { state: 'absent' };
  if (project === 'too-many') return { state: 'unable', refusal: TOO_MANY };
  const usedAtMs = clock.now();
  const tokens = await allTokens(tenant, signal);
  if (!tokens) return { state: 'unable', refusal: TOO_MANY };
  const alike = tokens.filter((each) => each.type === typeOf(token) && each.project?.key === project.key);
  return single(upstream, usedJustNow(alike, clock.now() - usedAtMs));
}

/** The project that the token opens, which for a global one is none; undefined when the server refuses the token. */
async function acceptedFor(
  tenant: Administered,
  token: Secret,
  signal: AbortSignal,
): Promise<{ readonly key: string | undefined } | 'too-many' | undefined> {
  const { upstream } = tenant;
  if (typeOf(token) === GLOBAL) {
    return (await isTaken(upstream, token, undefined, signal)) ? { key: undefined } : undefined;
  }
  const tokens = await allTokens(tenant, signal);
  const keys = new Set(tokens?.flatMap(({ type, project }) => (type === PROJECT && project?.key) || []));
  if (!tokens || keys.size > MAX_PROJECTS) return 'too-many';
  for (const key of keys) {
    // Other characters are no part of a key, and of a header neither.
    if (/^[\w.:-]+$/.test(key) && (await isTaken(upstream, token, key, signal))) return { key };
  }
  return undefined;
}

function typeOf(token: Secret): typeof GLOBAL | typeof PROJECT {
  return token.reveal().startsWith('sqa_') ? GLOBAL : PROJECT;
}

function single(upstream: Upstream, candidates: readonly Owned[]): Sight<Found> {
  const [own, ...others] = candidates;
  if (own?.createdAt === undefined) throw new Failure('unexpected-answer', { target: upstream.base });
  if (others.length > 0) return { state: 'unable', refusal: ambiguous(upstream, candidates) };
  const { login, name, createdAt, project } = own;
  return { state: 'alive', found: { login, name, createdAt, ...(project && { project: project.key }) } };
}

function ambiguous({ base }: Upstream, tokens: readonly Owned[]): RevokeResult {
  const candidates = tokens.map(({ login, createdAt, lastConnectionDate }) => {
    return { login, createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
  });
  return refused('ambiguous', AMBIGUOUS, { instance: base, candidates });
}

/** Whether the server takes the token, as the scanner would use it. */
async function isTaken(
  upstream: Upstream,
  token: Secret,
  project: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/settings/values',
    query: { keys: 'sonar.core.id' },
    headers: {
      authorization: basic(token.reveal(), new Secret('')),
      ...(project !== undefined && { project_key: project }),
    },
    statuses: [200, 401],
    signal,
  });
  if (answer.status === 200) answer.json(SETTINGS);
  else if (answer.text.trim() !== '') throw unexpected(upstream, answer);
  return answer.status === 200;
}

function asAdmin({ upstream, adminToken }: Administered) {
  return operatorCalls(upstream, { authorization: basic(adminToken.reveal(), new Secret('')) });
}

/** Of all active users, as those of the others are deleted; undefined when there are too many. */
async function allTokens(tenant: Administered, signal: AbortSignal): Promise<readonly Owned[] | undefined> {
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

async function listUsers(tenant: Administered, page: number, size: number, signal: AbortSignal) {
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

async function tokensOf(tenant: Administered, login: string, signal: AbortSignal): Promise<readonly Owned[]> {
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

async function probeRights(tenant: Administered, signal: AbortSignal): Promise<void> {
  await listUsers(tenant, 1, 2, signal);
}
