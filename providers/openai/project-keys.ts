/**
 * Keys of projects and service accounts, and legacy keys.
 *
 * Docs: https://platform.openai.com/docs/api-reference/project-api-keys
 *
 * - An answer to a working key names its project in the header `openai-project` (seen on the wire, not documented); in
 *   the list of that project the key must then be. Without that header nothing is deleted: the ids go to a person.
 * - Without `owner_project_access=any` the list lacks keys that work.
 * - Legacy keys (`sk-` without a kind) need not be in the list of any project, so for them the two ends must show at
 *   least six characters.
 * - A key that was deleted is let in now and then for a while
 *   (https://community.openai.com/t/why-is-it-possible-that-i-can-still-use-a-key-after-deleting-it-through-the-api/1345417,
 *   checked 2026-11-29), and is in no list: a project of the operator's that lacks it is read once more.
 * - Keys of service accounts can be deleted alone since 2026; before, the call answered 400. The account is never deleted.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { listProjects, type OpenaiApi, PROJECTS, unlessForeign } from './api.ts';
import { ELSEWHERE, HOST, LEGACY_KEY, PROJECT_KEY } from './kinds.ts';
import { AMBIGUOUS, fits, KEY, NOT_LISTED } from './redacted.ts';

const MODELS = { path: '/models' };

const UNPROVEN =
  'One key looks like this one, but OpenAI did not say of which project it is: compare, then delete it in the settings of OpenAI.';
const SERVICE_ACCOUNT =
  'OpenAI does not delete this key by itself: delete it, or the service account that owns it, in the settings of OpenAI.';

/** A key that may be the leaked one. */
interface Candidate {
  readonly project: string;
  readonly key: string;
  readonly path: string;
  /** The operator's key of the organization that listed it. */
  readonly adminKey: Secret;
}

export function projectKeys(api: OpenaiApi, adminKeys: readonly Secret[], clock: Clock): Part {
  return {
    kinds: [PROJECT_KEY, LEGACY_KEY],
    isAble: adminKeys.length > 0,
    revoke: (token, step) => revoke(api, adminKeys, clock, token, step),
    verify: async (token, { signal }) =>
      (await api.probe(token, MODELS, signal)) === 'refused' ? 'dead' : 'alive',
  };
}

async function revoke(
  api: OpenaiApi,
  adminKeys: readonly Secret[],
  clock: Clock,
  token: Secret,
  step: Step,
): Promise<RevokeResult> {
  const { signal } = step;
  const answer = await api.probe(token, MODELS, signal);
  if (answer === 'refused') return unknownAt([HOST]);
  step.sawAlive(HOST);
  if (answer === 'elsewhere') return ELSEWHERE;
  const project = answer.header('openai-project');
  const { found, isOurs } = await findCandidates(api, adminKeys, project, token, signal);
  const [only, ...others] = found;
  if (!only) {
    const refusal = refused('unknown-token', NOT_LISTED, project ? { project } : undefined);
    return isOurs ? unlisted(step, clock, refusal) : refusal;
  }
  const shown = { keys: found.map((each) => ({ project: each.project, key: each.key })) };
  if (others.length > 0) return refused('ambiguous', AMBIGUOUS, shown);
  if (!project) return refused('ambiguous', UNPROVEN, shown);
  step.prove('one-fits');
  const end = await api.remove(only.adminKey, only.path, signal);
  if (end === 'failed') return refused('not-permitted', SERVICE_ACCOUNT, shown);
  // It was there a moment ago: the next attempt sees whether it still works.
  if (!end) throw new Failure('unexpected-answer', { target: api.upstream.base, status: 404 });
  return revoked({ project: only.project, key: only.key });
}

/**
 * `isOurs`: one of the organizations has the project. It is of one alone, so once the key was found there, the failure of
 * another does not matter.
 */
async function findCandidates(
  api: OpenaiApi,
  adminKeys: readonly Secret[],
  project: string | undefined,
  token: Secret,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Candidate[]; readonly isOurs: boolean }> {
  const found: Candidate[] = [];
  let isOurs = false;
  const failures: unknown[] = [];
  for (const adminKey of adminKeys) {
    try {
      const candidates = await candidatesIn(api, adminKey, project, token, signal);
      isOurs ||= project !== undefined && candidates !== undefined;
      found.push(...(candidates ?? []));
    } catch (error) {
      failures.push(error);
    }
  }
  const isEnough = failures.length === 0 || (project !== undefined && found.length > 0);
  if (!isEnough) throw failures[0];
  return { found, isOurs };
}

/** Keys that look like the token, in one project or in all; undefined when the one is of another organization. */
async function candidatesIn(
  api: OpenaiApi,
  adminKey: Secret,
  project: string | undefined,
  token: Secret,
  signal: AbortSignal,
): Promise<readonly Candidate[] | undefined> {
  const projects = project ? [{ id: project }] : ((await listProjects(api, adminKey, signal)) ?? []);
  const found: Candidate[] = [];
  for (const { id } of projects) {
    const path = `${PROJECTS}/${encodeURIComponent(id)}/api_keys`;
    const query = { owner_project_access: 'any' };
    const list = { key: adminKey, path, query, signal };
    const keys = await unlessForeign(api, adminKey, signal, () => api.list(list, KEY));
    if (!keys && project) return undefined;
    for (const key of (keys ?? []).filter(({ redacted_value }) => fits(token, redacted_value))) {
      found.push({ project: id, key: key.id, path: `${path}/${encodeURIComponent(key.id)}`, adminKey });
    }
  }
  return found;
}
