/**
 * Atlassian Cloud: API tokens of managed accounts.
 *
 * Docs: https://developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens/,
 * https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/; checked 2026-11-21.
 *
 * Quirks:
 * - A token works only together with its user's e-mail address. The addresses around the leak that are of the operator's
 *   domains are tried at the operator's sites, each until it was refused three times in an hour; the one that lets the
 *   token in proves whose it is. A token with scopes is not let in there.
 * - The list of an account's tokens shows nothing of their text: only when there is a single valid one it is known to
 *   be the leaked one.
 * - 403 for an account means that it is not managed by the organization, or that the key may not do it.
 * - API keys of organizations (ATCTT) can be revoked by the API Access REST API, but are not handled here: nothing that
 *   the list shows of them tells which one leaked.
 */
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { apiTokens } from './api-tokens.ts';
import { type AtlassianConfig, config } from './config.ts';

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
  pattern: /(?<![\w=-])(?!REMOVED)(?:ATATT3[\w=-]{186}|[A-Za-z0-9]{24})(?![\w=-])/,
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
  exactness: 'the only token of the account that it logs in to; several go to a person',
  proof: "the token is gone from its account's list",
  effect: 'the token only',
  needs:
    'an API key of the organization, the URL of a Jira site, the e-mail domains of its accounts, and the lines around the leak',
  types: KIND.types,
  config,
  create({ sites, domains, organizationKey }, tools) {
    const tokens = apiTokens({ sites, domains, organizationKey: organizationKey ?? NONE }, tools);
    const isAble = organizationKey !== undefined && sites.length > 0;
    return { kinds: isAble ? [KIND] : [], ...tokens };
  },
};
