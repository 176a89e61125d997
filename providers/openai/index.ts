/**
 * OpenAI.
 *
 * Docs: https://platform.openai.com/docs/api-reference/project-api-keys (list, delete),
 * https://platform.openai.com/docs/api-reference/admin-api-keys; checked 2026-11-21.
 *
 * Quirks:
 * - No call takes a key by its text. An answer to a working key names its project in the header `openai-project` (seen
 *   on the wire, not documented); in the list of that project the key must then be, and it is the one whose redacted
 *   value (`sk-abc...def`) alone fits. Without that header nothing is deleted: the ids go to a person.
 * - Without `owner_project_access=any` the list lacks keys that work.
 * - Legacy keys (`sk-` without a kind) need not be in the list of any project, so for them the two ends must show at
 *   least six characters.
 * - Keys of service accounts can be deleted alone since 2026; before, the call answered 400. The account is never deleted.
 * - An admin key lists its own organization, and so itself; an admin key of the operator deletes it.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';
import { type Candidate, fits, listAll, REDACTED } from './lists.ts';

const config = z.strictObject({
  organizations: z
    .array(z.strictObject({ adminKey: secretText().describe('Admin API key, `sk-admin-…`.') }))
    .default([])
    .describe('Your organizations; a key of any other cannot be revoked.'),
});

export type OpenaiConfig = z.output<typeof config>;

/** Rules overlap, and one of gitleaks finds them all: the text decides. */
const TYPES = [
  'gitleaks_rule_id_open_ai_token',
  'gitleaks_rule_id_openaiprojectkey',
  'gitleaks_rule_id_openaiserviceaccountkey',
  'gitleaks_rule_id_openai-api-key',
];

const KINDS: readonly TokenKind[] = [
  {
    id: 'project-key',
    types: TYPES,
    pattern: /(?<![\w-])sk-(?:proj|svcacct)-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}(?![\w-])/,
    effect: 'token',
  },
  {
    id: 'admin-key',
    types: TYPES,
    pattern: /(?<![\w-])sk-admin-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}(?![\w-])/,
    effect: 'token',
  },
  {
    id: 'legacy-key',
    types: TYPES,
    pattern: /(?<![\w-])sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}(?![\w-])/,
    effect: 'token',
  },
];

export const openai: ProviderDefinition<OpenaiConfig> = {
  id: 'openai',
  title: 'OpenAI',
  docs: 'https://platform.openai.com/docs/api-reference/project-api-keys/delete',
  stability: 'beta',
  exactness: 'the only key in its own project whose redacted value fits',
  proof: 'the API refuses the key',
  effect: 'the token only',
  needs: 'an admin key of each organization',
  types: TYPES,
  config,
  create,
};

const DELETED = z.object({ id: z.string(), deleted: z.literal(true) });
const PROJECT = z.object({ id: z.string() });
const KEY = z.object({ id: z.string(), redacted_value: z.string().regex(REDACTED) });

const DEAD: Sign = {
  status: 401,
  body: z.object({ error: z.object({ code: z.literal('invalid_api_key') }) }),
};
const ALIVE: readonly Sign[] = [
  { status: 200, body: z.object({ data: z.array(z.unknown()) }) },
  // It may do some things only.
  { status: 403, body: z.object({ error: z.object({ message: z.string() }) }) },
];
const FAILED: Sign = { status: 400, body: z.object({ error: z.object({ message: z.string() }) }) };
const ADMIN_KEYS = '/organization/admin_api_keys';

function create({ organizations }: OpenaiConfig, { upstream, log }: Tools): Provider {
  const api = upstream('https://api.openai.com/v1');

  const probe = async (token: Secret, { kind, signal }: Step): Promise<Answer | 'dead'> => {
    const isAdmin = kind === 'admin-key';
    const answer = await api.request({
      method: 'GET',
      path: isAdmin ? ADMIN_KEYS : '/models',
      ...(isAdmin && { query: { limit: 1 } }),
      headers: { authorization: bearer(token) },
      statuses: [200, 401, 403],
      signal,
    });
    if (shows(answer, [DEAD])) return 'dead';
    if (shows(answer, ALIVE)) return answer;
    throw unexpected(api, answer);
  };

  /** @returns undefined when the key of that id is not of this organization */
  const remove = async (
    adminKey: Secret,
    path: string,
    signal: AbortSignal,
  ): Promise<'done' | 'failed' | undefined> => {
    const headers = { authorization: bearer(adminKey) };
    const answer = await api.request({
      method: 'DELETE',
      path,
      headers,
      statuses: [200, 400, 401, 403, 404],
      signal,
    });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(api, answer);
    if (answer.status === 404) return undefined;
    if (shows(answer, [FAILED])) return 'failed';
    if (shows(answer, [{ status: 200, body: DELETED }])) return 'done';
    throw unexpected(api, answer);
  };

  /** Keys that look like the token, in one project or in all. */
  const candidatesIn = async (
    adminKey: Secret,
    project: string | undefined,
    token: Secret,
    signal: AbortSignal,
  ): Promise<Candidate[]> => {
    const list = { api, key: adminKey, signal };
    const projects = project
      ? [{ id: project }]
      : await listAll({ ...list, path: '/organization/projects' }, PROJECT);
    const found: Candidate[] = [];
    for (const { id } of projects) {
      const path = `/organization/projects/${encodeURIComponent(id)}/api_keys`;
      const keys = await listAll({ ...list, path, query: { owner_project_access: 'any' } }, KEY);
      const alike = keys.filter((key) => fits(token, key.redacted_value));
      found.push(
        ...alike.map((key) => ({
          project: id,
          key: key.id,
          path: `${path}/${encodeURIComponent(key.id)}`,
          adminKey,
        })),
      );
    }
    return found;
  };

  /** A project is of one organization, so once it was found there, the failure of another does not matter. */
  const findCandidates = async (
    project: string | undefined,
    token: Secret,
    signal: AbortSignal,
  ): Promise<Candidate[]> => {
    const found: Candidate[] = [];
    const failures: unknown[] = [];
    for (const { adminKey } of organizations) {
      try {
        found.push(...(await candidatesIn(adminKey, project, token, signal)));
      } catch (error) {
        failures.push(error);
      }
    }
    const isEnough = failures.length === 0 || (project !== undefined && found.length > 0);
    if (!isEnough) throw failures[0];
    return found;
  };

  const revokeKey = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const answer = await probe(token, step);
    if (answer === 'dead') return alreadyInactive();
    const project = answer.header('openai-project');
    const found = await findCandidates(project, token, step.signal);
    const [only, ...others] = found;
    if (!only) return refused('unknown-token', NOT_LISTED, project ? { project } : undefined);
    const shown = { keys: found.map((each) => ({ project: each.project, key: each.key })) };
    if (others.length > 0) return refused('ambiguous', AMBIGUOUS, shown);
    if (!project) return refused('ambiguous', UNPROVEN, shown);
    const end = await remove(only.adminKey, only.path, step.signal);
    if (end === 'failed') return refused('not-permitted', SERVICE_ACCOUNT, shown);
    // It was there a moment ago: the next attempt sees whether it still works.
    if (!end) throw new Failure('unexpected-answer', { target: api.base, status: 404 });
    return revoked({ project: only.project, key: only.key });
  };

  const revokeAdminKey = async (token: Secret, step: Step): Promise<RevokeResult> => {
    if (organizations.some(({ adminKey }) => adminKey.reveal() === token.reveal())) {
      log.warn('own-credential-leaked', { provider: 'openai' });
      return OWN;
    }
    const answer = await probe(token, step);
    if (answer === 'dead') return alreadyInactive();
    if (answer.status === 403) return BLIND;
    // With the leaked key itself: that it is of this organization needs no other proof.
    const keys = await listAll({ api, key: token, path: ADMIN_KEYS, signal: step.signal }, KEY);
    const [only, ...others] = keys.filter((key) => fits(token, key.redacted_value));
    if (!only) return refused('unknown-token', NOT_LISTED);
    if (others.length > 0) {
      return refused('ambiguous', AMBIGUOUS, { keys: [only, ...others].map(({ id }) => ({ key: id })) });
    }
    for (const { adminKey } of organizations) {
      const end = await remove(adminKey, `${ADMIN_KEYS}/${encodeURIComponent(only.id)}`, step.signal);
      if (end === 'done') return revoked({ key: only.id });
    }
    return refused('unknown-token', FOREIGN, { key: only.id });
  };

  return {
    kinds: organizations.length > 0 ? KINDS : [],
    revoke: (token, step) =>
      step.kind === 'admin-key' ? revokeAdminKey(token, step) : revokeKey(token, step),
    verify: async (token, step) => ((await probe(token, step)) === 'dead' ? 'dead' : 'alive'),
    check: (signal) =>
      Promise.all(
        organizations.map(({ adminKey }, index) =>
          checked(`OpenAI admin key ${index + 1}`, () =>
            listAll({ api, key: adminKey, path: '/organization/projects', signal }, PROJECT),
          ),
        ),
      ),
  };
}

const NOT_LISTED =
  'The key works, but no project of the configured organizations has it: configure its organization and retry, or have its owner delete it.';
const FOREIGN =
  'The admin key works, but no configured organization has it: configure another admin key of its organization and retry.';
const AMBIGUOUS = 'Several keys look like this one: delete the right one in the settings of OpenAI.';
const UNPROVEN =
  'One key looks like this one, but OpenAI did not say of which project it is: compare, then delete it in the settings of OpenAI.';
const SERVICE_ACCOUNT =
  'OpenAI does not delete this key by itself: delete it, or the service account that owns it, in the settings of OpenAI.';
const OWN = refused(
  'own-credential',
  'The admin key of Quash itself has leaked: create a new one, configure it, and delete the leaked one at once.',
);
const BLIND = refused(
  'not-permitted',
  'The admin key works but may not list keys, so its id is not known: delete it in the settings of OpenAI.',
);

async function checked(name: string, call: () => Promise<unknown>): Promise<CredentialCheck> {
  try {
    await call();
    return { name, ok: true };
  } catch (error) {
    const isRefused = error instanceof Failure && error.code === 'credential-refused';
    if (isRefused) return { name, ok: false, advice: 'OpenAI refused the admin key: create a new one.' };
    return { name, ok: false, advice: error instanceof Failure ? error.message : 'The check was given up.' };
  }
}
