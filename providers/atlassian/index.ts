/**
 * Atlassian Cloud: API tokens of managed accounts, and API keys of organizations (see `organization-keys.ts`).
 *
 * Docs: https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/,
 * https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/; checked 2026-11-28.
 *
 * Quirks:
 * - A token works only together with its user's e-mail address. The addresses around the leak that are of the operator's
 *   domains are tried at the operator's sites, each until it was refused three times in an hour; the one that lets the
 *   token in proves whose it is. A token with scopes is let in below `https://api.atlassian.com/ex/jira/CLOUD-ID` only,
 *   which may be one of the sites, and if it may read its user; any other is known to work there, and goes to a person.
 * - The list of an account's tokens shows nothing of their text: only when there is a single valid one it is known to
 *   be the leaked one.
 * - A revoked key may go on for ten minutes
 *   (https://support.atlassian.com/organization-administration/docs/manage-an-organization-with-the-admin-apis/), and a
 *   token for twenty (https://community.atlassian.com/t5/Jira-questions/API-Token-expiry-and-error-handling/qaq-p/1246938,
 *   checked 2026-11-29). The only one that is left in the list may be another one meanwhile, so it is looked at twice,
 *   half an hour apart.
 * - 403 for an account means that it is not managed by the organization, or that the key may not do it: a key that was made
 *   with scopes never may, as none is offered for it (https://jira.atlassian.com/browse/ID-9051, 2026-11-30).
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { apiTokens } from './api-tokens.ts';
import { type AtlassianConfig, config } from './config.ts';
import { organizationKeys } from './organization-keys.ts';

/** Without a key no token is taken. */
const NONE = new Secret('');

const KIND: TokenKind = {
  id: 'api-token',
  types: [
    'gitleaks_rule_id_atlassianuserapitoken',
    'gitleaks_rule_id_atlassian_api_token',
    'gitleaks_rule_id_atlassian-api-token',
  ],
  // A word in capitals at its beginning is a mask.
  pattern: /(?<![\w-])(?!REMOVED)(?:ATATT3[\w=-]{186}|[A-Za-z0-9]{24})(?![\w=-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Only the configured sites are asked, with addresses of the configured domains.' },
  whole: 'exact',
  undo: 'no',
};

export const atlassian: ProviderDefinition<AtlassianConfig> = {
  id: 'atlassian',
  title: 'Atlassian',
  docs: 'https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/',
  stability: 'beta',
  exactness:
    'for half an hour the only token of the account that it logs in to, or the only other key of its organization; several go to a person',
  proof: "the token is gone from its account's list and no longer logs in; the key is not let in any more",
  effect: 'the token only',
  needs:
    'an API key of the organization; for tokens the URL of a Jira site, the e-mail domains of its accounts and the lines around the leak; for keys the id of our own',
  types: [...KIND.types, 'gitleaks_rule_id_atlassianapikey'],
  config,
  create({ sites, domains, organizationKey, organizationKeyId }, tools) {
    const tokens = apiTokens({ sites, domains, organizationKey: organizationKey ?? NONE }, tools);
    const own = organizationKey && organizationKeyId && { key: organizationKey, id: organizationKeyId };
    return byKind([
      { kinds: [KIND], isAble: organizationKey !== undefined && sites.length > 0, ...tokens },
      organizationKeys(own || undefined, tools),
    ]);
  },
};
