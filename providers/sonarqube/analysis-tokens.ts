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
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Refused, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import {
  type Administered,
  allTokens,
  asAdmin,
  type Owned,
  probeRights,
  tokensOf,
} from './administration.ts';
import { type ProjectList, projectList } from './projects.ts';
import { nobodys, PLACES, usedJustNow } from './records.ts';
import { acceptedFor, isTaken, typeOf } from './scanner.ts';

export const ANALYSIS_KIND: TokenKind = {
  id: 'analysis-token',
  types: [
    'gitleaks_rule_id_sonarqubeglobalanalysistoken',
    'gitleaks_rule_id_sonarqubeprojectanalysistoken',
    'gitleaks_rule_id_sonar-api-token',
  ],
  pattern: /(?<![\w-])sq[ap]_[a-f0-9]{40}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'one-fits',
  places: PLACES,
  whole: 'exact',
  undo: 'no',
};

export const FOUND = z.object({
  login: z.string(),
  name: z.string(),
  createdAt: z.string(),
  project: z.string().optional(),
});
type Found = z.output<typeof FOUND>;

const TOO_MANY = refused(
  'ambiguous',
  'The SonarQube server has more users or projects than Quash searches: find the token by its last use in Administration > Security > Users and revoke it there.',
);
const AMBIGUOUS =
  'Several analysis tokens were used within the same hour, so the leaked one cannot be told: revoke it in Administration > Security > Users, or retry after they were idle for two hours.';

const RECORD_GONE = refused(
  'wrong-record',
  'SonarQube takes the leaked token although the record that was thought to be its own is gone: find it in Administration > Security > Users and revoke it there.',
);
const RECORD_LEFT = refused(
  'wrong-record',
  'SonarQube no longer takes the leaked token although the record that was thought to be its own is there: look at its last use in Administration > Security > Users, and revoke it there if it is the leaked one.',
);

export function analysisAccount(server: Administered, tools: Tools): Account<Found> {
  const projects = projectList(server, tools.clock);
  return {
    name: server.upstream.base,
    async look(token, step, known) {
      return known
        ? lookAgain(server, token, known, step.signal)
        : search(server, projects, token, step, tools);
    },
    async revoke({ login, name }, _token, { signal }) {
      await asAdmin(server)({
        method: 'POST',
        path: '/api/user_tokens/revoke',
        form: { login, name },
        statuses: [204],
        signal,
      });
      return revoked({ login });
    },
    async verify(known, token, { signal }) {
      // Whatever became of the record, the leaked token lives.
      if (await isTaken(server.upstream, token, known.project, signal)) return 'alive';
      const record = await recordOf(server, known, signal);
      return record && !record.isExpired ? 'unknown' : 'dead';
    },
    probe: (signal) => probeRights(server, signal),
  };
}

/** Absent only where both say so: the server refuses the token, and its record is gone or expired. */
async function lookAgain(
  server: Administered,
  token: Secret,
  known: Found,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const isAlive = await isTaken(server.upstream, token, known.project, signal);
  const record = await recordOf(server, known, signal);
  if (isAlive && record) return { state: 'alive', found: known, by: 'one-fits', toldBy: 'use' };
  if (isAlive) return { state: 'unable', refusal: RECORD_GONE };
  return record && !record.isExpired ? { state: 'unable', refusal: RECORD_LEFT } : { state: 'absent' };
}

async function recordOf(server: Administered, { login, name, createdAt }: Found, signal: AbortSignal) {
  const tokens = await tokensOf(server, login, signal);
  return tokens.find((each) => each.name === name && each.createdAt === createdAt);
}

async function search(
  server: Administered,
  projects: ProjectList,
  token: Secret,
  step: Step,
  { clock }: Tools,
): Promise<Sight<Found>> {
  const project = await acceptedFor(server, projects, token, step);
  if (project === undefined) return { state: 'absent' };
  if (project === 'too-many') return { state: 'unable', refusal: TOO_MANY };
  if ('state' in project) return project;
  await mustRefuse(server.upstream, isTaken(server.upstream, nobodys(token), project.key, step.signal));
  const usedAtMs = clock.now();
  const tokens = await allTokens(server, step.signal);
  if (!tokens) return { state: 'unable', refusal: TOO_MANY };
  const alike = tokens.filter((each) => each.type === typeOf(token) && each.project?.key === project.key);
  return single(server.upstream, usedJustNow(alike, clock.now() - usedAtMs));
}

function single(upstream: Upstream, candidates: readonly Owned[]): Sight<Found> {
  const [own, ...others] = candidates;
  if (own?.createdAt === undefined) throw new Failure('unexpected-answer', { target: upstream.base });
  if (others.length > 0) return { state: 'unable', refusal: ambiguous(upstream, candidates) };
  const { login, name, createdAt, project } = own;
  const found = { login, name, createdAt, ...(project && { project: project.key }) };
  return { state: 'alive', found, by: 'one-fits', toldBy: 'use' };
}

function ambiguous({ base }: Upstream, tokens: readonly Owned[]): Refused {
  const candidates = tokens.map(({ login, createdAt, lastConnectionDate }) => {
    return { login, createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
  });
  return refused('ambiguous', AMBIGUOUS, { instance: base, candidates });
}
