/** What a token opens when it is used as the scanner does. Quirks are in `analysis-tokens.ts`. */
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Administered, allTokens } from './administration.ts';

const GLOBAL = 'GLOBAL_ANALYSIS_TOKEN';
const PROJECT = 'PROJECT_ANALYSIS_TOKEN';

const MAX_PROJECTS = 500;

const SETTINGS = z.object({ settings: z.array(z.unknown()) });

/** The project that the token opens, which for a global one is none; undefined when the server refuses the token. */
export async function acceptedFor(
  server: Administered,
  token: Secret,
  signal: AbortSignal,
): Promise<{ readonly key: string | undefined } | 'too-many' | undefined> {
  const { upstream } = server;
  if (typeOf(token) === GLOBAL) {
    return (await isTaken(upstream, token, undefined, signal)) ? { key: undefined } : undefined;
  }
  const tokens = await allTokens(server, signal);
  const keys = new Set(tokens?.flatMap(({ type, project }) => (type === PROJECT && project?.key) || []));
  if (!tokens || keys.size > MAX_PROJECTS) return 'too-many';
  for (const key of keys) {
    // Other characters are no part of a key, and of a header neither.
    if (/^[\w.:-]+$/.test(key) && (await isTaken(upstream, token, key, signal))) return { key };
  }
  return undefined;
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
