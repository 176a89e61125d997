/**
 * Anthropic.
 *
 * Docs: https://platform.claude.com/docs/en/api/admin/api_keys/list, …/api_keys/update, …/organizations/me,
 * https://platform.claude.com/docs/en/api/errors; checked 2026-11-21.
 *
 * Quirks:
 * - No call takes a key by its text. Every answer to a working key names its organization in a header; in the list of
 *   that organization the key must then be, and it is the one whose hint (`sk-ant-api03-R2D...igAA`) alone fits.
 * - A key of a user or a service account need not be of one workspace
 *   (https://platform.claude.com/docs/en/manage-claude/authentication, checked 2026-11-29). Without the id of one in the
 *   header `anthropic-workspace-id` it gets 400 then, which shows that it works; with one that it may not act in, 404.
 *   Where that 400 does not name the organization, the workspaces of the configured ones are tried. They begin with
 *   `sk-ant-usr-` by now (as many public reports quote them), and with `sk-ant-api03-` before.
 * - While an organization is disabled, its keys get 400 (https://github.com/anthropics/claude-code/issues/72457), and 403 where
 *   it allows other addresses only (https://platform.claude.com/docs/en/manage-claude/ip-allowlist, checked 2026-11-29).
 * - An address in a country that is not served gets 403 whatever the key (https://github.com/anthropics/claude-code/issues/1613).
 * - A key is set inactive, which an administrator can undo; the API deletes none.
 * - Admin keys can be revoked by a person only, in the Console.
 */

import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { goneSinceSeen, refused, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { createApi } from './api.ts';
import { type AnthropicConfig, config } from './config.ts';

/** GitLab's rule finds keys of both kinds. */
const GITLAB_TYPE = 'gitleaks_rule_id_anthropic_key';

const HOST = 'https://api.anthropic.com';

const KINDS: readonly TokenKind[] = [
  {
    id: 'api-key',
    types: [GITLAB_TYPE, 'gitleaks_rule_id_anthropic-api-key'],
    pattern: /(?<![\w-])sk-ant-(?:api03|usr)-[\w-]{93}AA(?![\w-])/,
    effect: 'token',
    possession: 'one-fits',
    places: { all: [HOST] },
    whole: 'exact',
    undo: 'yes',
  },
  {
    id: 'admin-key',
    types: [GITLAB_TYPE, 'gitleaks_rule_id_anthropic-admin-api-key'],
    pattern: /(?<![\w-])sk-ant-admin01-[\w-]{93}AA(?![\w-])/,
    effect: 'token',
    // Nothing is changed for it.
    possession: 'by-value',
    places: { all: [HOST] },
    whole: 'exact',
    undo: 'no',
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

const FOREIGN =
  'The key works, in an organization that is not configured: configure its admin key and retry, or tell its owner.';
const NOT_LISTED =
  'The key works, but no active key of its organization looks like it: disable it in the Anthropic Console.';
const AMBIGUOUS =
  'Several keys of the organization look like this one: disable the right one in the Anthropic Console.';
const BY_HAND = 'No call revokes an admin key: delete it in the Anthropic Console.';

/** Of the answer to a key that works, and is of no workspace. */
const NO_WORKSPACE = 400;

type Home =
  | { readonly organization: string; readonly adminKey: Secret }
  | { readonly organization: string | undefined; readonly adminKey?: undefined };

function create({ organizations }: AnthropicConfig, { upstream, clock }: Tools): Provider {
  const host = upstream(HOST);
  const api = createApi(host);
  const adminKeys = organizations.map(({ adminKey }) => adminKey);

  const notLetIn = ({ seenAlive }: Step) => (seenAlive.includes(HOST) ? goneSinceSeen() : unknownAt([HOST]));

  /** Its organization, and the operator's key of that. */
  const homeOf = async (token: Secret, answer: Answer, signal: AbortSignal): Promise<Home> => {
    const named = answer.header('anthropic-organization-id');
    if (named === undefined && answer.status !== NO_WORKSPACE) throw unexpected(host, answer);
    const home = await firstSparingTheLane(adminKeys, async (adminKey): Promise<Home | undefined> => {
      if (named === undefined && !(await api.actsFor(adminKey, token, signal))) return undefined;
      const organization = await api.organizationOf(adminKey, signal);
      return named === undefined || named === organization ? { organization, adminKey } : undefined;
    });
    return home ?? { organization: named };
  };

  const revokeApiKey = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const { signal } = step;
    const answer = await api.probe(token, signal);
    if (answer === 'dead') return notLetIn(step);
    step.sawAlive(HOST);
    const { organization, adminKey } = await homeOf(token, answer, signal);
    if (!adminKey) return refused('unknown-token', FOREIGN, organization ? { organization } : undefined);
    const ids = await api.candidates(adminKey, token, signal);
    const [id, ...others] = ids ?? [];
    if (ids === undefined || others.length > 0) {
      return refused('ambiguous', AMBIGUOUS, { organization, keys: (ids ?? []).map((key) => ({ key })) });
    }
    if (id === undefined)
      return unlisted(step, clock, refused('unknown-token', NOT_LISTED, { organization }));
    step.prove('one-fits');
    await api.deactivate(adminKey, id, signal);
    return revoked({ organization, key: id });
  };

  const revokeAdminKey = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const organization = await api.organizationOfLeaked(token, step.signal);
    if (organization === undefined) return notLetIn(step);
    step.sawAlive(HOST);
    return refused('manual', BY_HAND, { organization });
  };

  return {
    kinds: adminKeys.length > 0 ? KINDS : [],
    revoke: (token, step) =>
      step.kind === 'admin-key' ? revokeAdminKey(token, step) : revokeApiKey(token, step),
    async verify(token, { kind, signal }) {
      const letIn =
        kind === 'admin-key' ? await api.organizationOfLeaked(token, signal) : await api.probe(token, signal);
      return letIn === undefined || letIn === 'dead' ? 'dead' : 'alive';
    },
    check: (signal) =>
      Promise.all(
        adminKeys.map((key, index) =>
          checkOf(`Anthropic admin key ${index + 1}`, () => api.organizationOf(key, signal), {
            refused: 'Anthropic refused the admin key: create a new one.',
          }),
        ),
      ),
  };
}
