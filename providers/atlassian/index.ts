/**
 * Atlassian Cloud: API tokens of managed accounts.
 *
 * Docs: https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/,
 * https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/; checked 2026-11-21.
 *
 * Quirks:
 * - A token works only together with its user's e-mail address. The addresses around the leak are tried at the
 *   operator's sites; the one that lets the token in proves whose it is. A token with scopes is not let in there.
 * - The list of an account's tokens shows nothing of their text: only when there is a single valid one it is known to
 *   be the leaked one.
 * - 403 for an account means that it is not managed by the organization, or that the key may not do it.
 * - API keys of organizations (ATCTT) have no call that revokes them one by one: they are not handled here.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { addressesIn, findAccount } from './account.ts';
import { deleteToken, listOrganizations, listTokens, type Note, noteSchema } from './admin.ts';

const config = z.strictObject({
  sites: z
    .array(baseUrl())
    .default([])
    .describe('Jira sites where a leaked token is tried, such as https://example.atlassian.net.'),
  organizationKey: secretText()
    .optional()
    .describe('API key of the organization that manages the accounts, from admin.atlassian.com.'),
});

export type AtlassianConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-token',
  types: [
    'gitleaks_rule_id_atlassianuserapitoken',
    'gitleaks_rule_id_atlassian_api_token',
    'gitleaks_rule_id_atlassian-api-token',
  ],
  pattern: /(?<![\w=-])(?:ATATT3[\w=-]{186}|[A-Za-z0-9]{24})(?![\w=-])/,
  effect: 'token',
};

export const atlassian: ProviderDefinition<AtlassianConfig> = {
  id: 'atlassian',
  title: 'Atlassian',
  docs: 'https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/',
  stability: 'beta',
  exactness: 'the only token of the account that it logs in to; several go to a person',
  proof: "the token is gone from its account's list",
  effect: 'the token only',
  needs: 'an API key of the organization, the URL of a Jira site, and the lines around the leak',
  types: KIND.types,
  config,
  create({ sites, organizationKey }, tools) {
    if (!organizationKey || sites.length === 0) return { kinds: [], revoke: async () => NO_ADDRESS };
    return createAtlassian(sites, organizationKey, tools);
  },
};

const NO_ADDRESS = refused(
  'needs-context',
  'An Atlassian token works with its user’s e-mail address only, and Quash found none near the leak: ask the author of the commit, and revoke the token by hand.',
);
const UNKNOWN = refused(
  'unknown-token',
  'No configured site takes this token with the e-mail addresses near the leak: it is dead, has scopes, or belongs to somebody else; ask the author of the commit.',
);
const NOT_MANAGED = refused(
  'not-permitted',
  'The leaked token works, but the organization’s API key may not manage the tokens of its account: its user has to revoke it.',
);

function createAtlassian(sites: readonly string[], organizationKey: Secret, tools: Tools): Provider {
  const upstreams = sites.map((url) => tools.upstream(url));
  const admin = {
    upstream: tools.upstream('https://api.atlassian.com'),
    key: organizationKey,
    clock: tools.clock,
  };

  const identify = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const emails = addressesIn(await step.context());
    if (emails.length === 0) return NO_ADDRESS;
    const accountId = await findAccount(upstreams, emails, token, step.signal);
    if (accountId === undefined) return UNKNOWN;
    const tokens = await listTokens(admin, accountId, step.signal);
    const [first, ...others] = tokens ?? [];
    if (!first) return NOT_MANAGED;
    if (others.length > 0) return ambiguous(accountId, [first, ...others]);
    step.remember({ accountId, tokenId: first } satisfies Note);
    return { outcome: 'continue', afterMs: 0 };
  };

  return {
    kinds: [KIND],
    async revoke(token, step) {
      const note = noteSchema.safeParse(step.note).data;
      if (!note) return identify(token, step);
      const tokens = await listTokens(admin, note.accountId, step.signal);
      if (!tokens) return NOT_MANAGED;
      if (!tokens.includes(note.tokenId)) return alreadyInactive(note);
      await deleteToken(admin, note, step.signal);
      return revoked(note);
    },
    async verify(_token, step) {
      const note = noteSchema.safeParse(step.note).data;
      if (!note) return 'unknown';
      const tokens = await listTokens(admin, note.accountId, step.signal);
      if (!tokens) throw new Failure('unexpected-answer', { target: admin.upstream.base });
      return tokens.includes(note.tokenId) ? 'alive' : 'dead';
    },
    check: async (signal) => [
      await checkOf('Atlassian organization key', () => listOrganizations(admin, signal), {
        refused: 'Atlassian refused the API key of the organization: create a new one.',
        forbidden:
          'The API key must be of an organization, and may not be limited to scopes without user management.',
      }),
    ],
  };
}

const MAX_EVIDENCE = 20;

function ambiguous(accountId: string, tokenIds: readonly string[]): RevokeResult {
  return refused(
    'ambiguous',
    'The leaked token works and its account has several: ask the user which one it is, and revoke that.',
    { accountId, candidates: tokenIds.slice(0, MAX_EVIDENCE).map((tokenId) => ({ tokenId })) },
  );
}
