/**
 * Anthropic.
 *
 * Docs: https://platform.claude.com/docs/en/api/admin/api_keys/list, …/api_keys/update, …/organizations/me,
 * https://platform.claude.com/docs/en/api/errors; checked 2026-11-21.
 *
 * Quirks:
 * - No call takes a key by its text. Every answer to a working key names its organization in a header; in the list of
 *   that organization the key must then be, and it is the one whose hint (`sk-ant-api03-R2D...igAA`) alone fits.
 * - A key is set inactive, which an administrator can undo; the API deletes none.
 * - Admin keys can be revoked by a person only, in the Console.
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
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Answer, UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/secret.ts';

const config = z.strictObject({
  organizations: z
    .array(z.strictObject({ adminKey: secretText().describe('Admin API key, `sk-ant-admin01-…`.') }))
    .default([])
    .describe('Your organizations; a key of any other cannot be revoked.'),
});

export type AnthropicConfig = z.output<typeof config>;

/** GitLab's rule finds keys of both kinds. */
const GITLAB_TYPE = 'gitleaks_rule_id_anthropic_key';

const KINDS: readonly TokenKind[] = [
  {
    id: 'api-key',
    types: [GITLAB_TYPE, 'gitleaks_rule_id_anthropic-api-key'],
    pattern: /(?<![\w-])sk-ant-api03-[\w-]{93}AA(?![\w-])/,
    effect: 'token',
  },
  {
    id: 'admin-key',
    types: [GITLAB_TYPE, 'gitleaks_rule_id_anthropic-admin-api-key'],
    pattern: /(?<![\w-])sk-ant-admin01-[\w-]{93}AA(?![\w-])/,
    effect: 'token',
  },
];

export const anthropic: ProviderDefinition<AnthropicConfig> = {
  id: 'anthropic',
  title: 'Anthropic',
  docs: 'https://platform.claude.com/docs/en/api/admin/api_keys/update',
  stability: 'beta',
  exactness: 'the only active key in its own organization that the hint fits',
  proof: 'the API refuses the key',
  effect: 'the token only, set inactive; admin keys go to a person',
  needs: 'an Admin API key of each organization',
  types: [...new Set(KINDS.flatMap(({ types }) => types))],
  config,
  create,
};

const PAGE_SIZE = 1000;
const MAX_PAGES = 50;

const ORGANIZATION = z.object({ type: z.literal('organization'), id: z.string() });
const KEY_LIST = z.object({
  data: z.array(z.object({ id: z.string(), partial_key_hint: z.string().nullable() })),
  has_more: z.boolean(),
  last_id: z.string().nullable(),
});
const INACTIVE = z.object({ id: z.string(), status: z.enum(['inactive', 'archived']) });

const errorOf = (type: string) =>
  z.object({ type: z.literal('error'), error: z.object({ type: z.literal(type) }) });
const DEAD: Sign = { status: 401, body: errorOf('authentication_error') };
const ALIVE: readonly Sign[] = [
  { status: 200, body: z.object({ data: z.array(z.unknown()) }) },
  { status: 403, body: errorOf('permission_error') },
];

function create({ organizations }: AnthropicConfig, { upstream, log }: Tools): Provider {
  const api = upstream('https://api.anthropic.com');

  const call = (key: Secret, request: Omit<UpstreamRequest, 'headers'>): Promise<Answer> =>
    api.request({ ...request, headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01' } });

  const callAsAdmin = async (
    key: Secret,
    { statuses, ...request }: Omit<UpstreamRequest, 'headers'>,
  ): Promise<Answer> => {
    const answer = await call(key, { ...request, statuses: [...statuses, 401, 403] });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(api, answer);
    return answer;
  };

  const organizationOf = async (adminKey: Secret, signal: AbortSignal): Promise<string> => {
    const request = { method: 'GET', path: '/v1/organizations/me', statuses: [200], signal } as const;
    return (await callAsAdmin(adminKey, request)).json(ORGANIZATION).id;
  };

  const probe = async (token: Secret, signal: AbortSignal): Promise<Answer | 'dead'> => {
    const request = { method: 'GET', path: '/v1/models', query: { limit: 1 }, signal } as const;
    const answer = await call(token, { ...request, statuses: [200, 401, 403] });
    if (shows(answer, [DEAD])) return 'dead';
    if (shows(answer, ALIVE)) return answer;
    throw unexpected(api, answer);
  };

  /** An organization that refuses us does not keep the others from being asked. */
  const adminKeyOf = async (organization: string, signal: AbortSignal): Promise<Secret | undefined> => {
    const failures: unknown[] = [];
    for (const { adminKey } of organizations) {
      const id = await organizationOf(adminKey, signal).catch((error: unknown) => void failures.push(error));
      if (id === organization) return adminKey;
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  };

  /** The ids of all active keys that the token may be; undefined when the list has no end. */
  const candidates = async (
    adminKey: Secret,
    token: Secret,
    signal: AbortSignal,
  ): Promise<string[] | undefined> => {
    const ids: string[] = [];
    let afterId: string | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { status: 'active', limit: PAGE_SIZE, ...(afterId !== null && { after_id: afterId }) };
      const path = '/v1/organizations/api_keys';
      const answer = await callAsAdmin(adminKey, { method: 'GET', path, query, statuses: [200], signal });
      const list: z.output<typeof KEY_LIST> = answer.json(KEY_LIST);
      ids.push(...list.data.filter((key) => fits(token, key.partial_key_hint)).map(({ id }) => id));
      if (!list.has_more) return ids;
      afterId = list.last_id;
    }
    return undefined;
  };

  const revokeApiKey = async (token: Secret, signal: AbortSignal): Promise<RevokeResult> => {
    const answer = await probe(token, signal);
    if (answer === 'dead') return alreadyInactive();
    const organization = answer.header('anthropic-organization-id');
    if (organization === undefined) throw unexpected(api, answer);
    const adminKey = await adminKeyOf(organization, signal);
    if (!adminKey) return refused('unknown-token', FOREIGN, { organization });
    const ids = await candidates(adminKey, token, signal);
    const [id, ...others] = ids ?? [];
    if (ids === undefined || others.length > 0) {
      return refused('ambiguous', AMBIGUOUS, { organization, keys: (ids ?? []).map((key) => ({ key })) });
    }
    if (id === undefined) return refused('unknown-token', NOT_LISTED, { organization });
    const path = `/v1/organizations/api_keys/${encodeURIComponent(id)}`;
    const json = { status: 'inactive' };
    const done = await callAsAdmin(adminKey, { method: 'POST', path, json, statuses: [200], signal });
    if (done.json(INACTIVE).id !== id) throw unexpected(api, done);
    return revoked({ organization, key: id });
  };

  const revokeAdminKey = async (token: Secret, signal: AbortSignal): Promise<RevokeResult> => {
    const request = { method: 'GET', path: '/v1/organizations/me', statuses: [200, 401], signal } as const;
    const answer = await call(token, request);
    if (shows(answer, [DEAD])) return alreadyInactive();
    const organization = answer.json(ORGANIZATION).id;
    if (!organizations.some(({ adminKey }) => adminKey.reveal() === token.reveal())) {
      return refused('manual', BY_HAND, { organization });
    }
    log.warn('own-credential-leaked', { organization });
    return refused('own-credential', OWN, { organization });
  };

  return {
    kinds: organizations.length > 0 ? KINDS : [],
    revoke: (token, { kind, signal }) =>
      kind === 'admin-key' ? revokeAdminKey(token, signal) : revokeApiKey(token, signal),
    verify: async (token, { signal }) => ((await probe(token, signal)) === 'dead' ? 'dead' : 'alive'),
    check: (signal) =>
      Promise.all(
        organizations.map(({ adminKey }, index) =>
          checked(`Anthropic admin key ${index + 1}`, () => organizationOf(adminKey, signal)),
        ),
      ),
  };
}

/** A hint without its two ends fits nothing. */
function fits(token: Secret, hint: string | null): boolean {
  const [start, end, ...rest] = (hint ?? '').split('...');
  if (!start || !end || rest.length > 0) return false;
  return token.reveal().startsWith(start) && token.reveal().endsWith(end);
}

const FOREIGN =
  'The key works, in an organization that is not configured: configure its admin key and retry, or tell its owner.';
const NOT_LISTED =
  'The key works, but no active key of its organization looks like it: disable it in the Anthropic Console.';
const AMBIGUOUS =
  'Several keys of the organization look like this one: disable the right one in the Anthropic Console.';
const BY_HAND = 'No call revokes an admin key: delete it in the Anthropic Console.';
const OWN =
  'The admin key of Quash itself has leaked: create a new one in the Anthropic Console, configure it, and delete the leaked one at once.';

async function checked(name: string, call: () => Promise<unknown>): Promise<CredentialCheck> {
  try {
    await call();
    return { name, ok: true };
  } catch (error) {
    const isRefused = error instanceof Failure && error.code === 'credential-refused';
    if (isRefused) return { name, ok: false, advice: 'Anthropic refused the admin key: create a new one.' };
    return { name, ok: false, advice: error instanceof Failure ? error.message : 'The check was given up.' };
  }
}
