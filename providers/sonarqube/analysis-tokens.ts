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
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Sight, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { RevokeResult, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Administered, allTokens, asAdmin, listUsers, type Owned, tokensOf } from './administration.ts';
import { usedJustNow } from './records.ts';
import { acceptedFor, isTaken, typeOf } from './scanner.ts';

const foundSchema = z.object({
  login: z.string(),
  name: z.string(),
  createdAt: z.string(),
  project: z.string().optional(),
});
type Found = z.output<typeof foundSchema>;

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

async function probeRights(tenant: Administered, signal: AbortSignal): Promise<void> {
  await listUsers(tenant, 1, 2, signal);
}
