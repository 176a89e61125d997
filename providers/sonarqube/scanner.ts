/** What a token opens when it is used as the scanner does. Quirks are in `analysis-tokens.ts`. */
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Later } from '../../src/provider/kit/searched-list.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Administered } from './administration.ts';
import type { ProjectList } from './projects.ts';

const GLOBAL = 'GLOBAL_ANALYSIS_TOKEN';
const PROJECT = 'PROJECT_ANALYSIS_TOKEN';

const MAX_PROJECTS = 500;
const PROJECTS_A_STEP = 20;
const GO_ON_MS = 1_000;

const SETTINGS = z.object({ settings: z.array(z.unknown()) });

/** Of a token that is tried with one project after the other. */
const NOTE = z
  .looseObject({ triedUpTo: z.string().default(''), isListNew: z.boolean().default(false) })
  .catch({ triedUpTo: '', isListNew: false });

/**
 * The project that the token opens, which for a global one is none; undefined when the server refuses the token. Only
 * trying tells, some projects a step.
 */
export async function acceptedFor(
  { upstream }: Administered,
  projects: ProjectList,
  token: Secret,
  step: Step,
): Promise<{ readonly key: string | undefined } | Later | 'too-many' | undefined> {
  if (typeOf(token) === GLOBAL) {
    return (await isTaken(upstream, token, undefined, step.signal)) ? { key: undefined } : undefined;
  }
  const { triedUpTo, isListNew } = NOTE.parse(step.note);
  const found = await (isListNew ? projects.findAnew(PROJECT, step) : projects.findAll(PROJECT, step));
  if (found === 'too-many' || 'state' in found) return found;
  const keys = [...new Set(found)].sort();
  if (keys.length > MAX_PROJECTS) return 'too-many';
  const left = keys.filter((key) => key > triedUpTo);
  const now = left.slice(0, PROJECTS_A_STEP);
  for (const key of now) {
    // Other characters are no part of a key, and of a header neither.
    if (/^[\w.:-]+$/.test(key) && (await isTaken(upstream, token, key, step.signal))) return { key };
  }
  if (left.length > now.length) return goOn(step, { triedUpTo: now.at(-1) ?? '', isListNew });
  if (isListNew || (await projects.findAnew(PROJECT, step)) === found) return undefined;
  return goOn(step, { triedUpTo: '', isListNew: true });
}

function goOn(step: Step, tried: z.output<typeof NOTE>): Later {
  step.remember({ ...NOTE.parse(step.note), ...tried });
  return { state: 'later', afterMs: GO_ON_MS };
}

export function typeOf(token: Secret): typeof GLOBAL | typeof PROJECT {
  return token.reveal().startsWith('sqa_') ? GLOBAL : PROJECT;
}

/** Whether the server takes the token, as the scanner would use it. */
export async function isTaken(
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
