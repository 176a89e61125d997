/**
 * Salesforce OAuth access tokens, at the operator's own domains.
 *
 * Docs: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm,
 * https://developer.salesforce.com/docs/platform/mobile-sdk/guide/oauth-revoking-tokens.html; checked 2026-11-21.
 *
 * - Whoever holds a token may revoke it, without a credential of ours, at the domain of its organization. The token
 *   names the organization, not the domain, so domains come from the configuration alone.
 * - Another organization's live token is answered `INVALID_SESSION_ID` like a dead one. Only a domain that was seen to
 *   take the token proves its death that way, so the domain is remembered.
 * - Session ids of a login look the same, but are no OAuth tokens: `unsupported_token_type`.
 * - Refresh tokens have no shape that is documented, and are no kind of this provider.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type SalesforceConfig } from './config.ts';
import { domainAccount, FOUND } from './domain.ts';

export type { SalesforceConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_salesforce_access_token'],
  pattern: /(?<![\w-])00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{60,256}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Each Salesforce organization has a domain of its own.' },
  whole: 'open',
  undo: 'no',
};

export const salesforce: ProviderDefinition<SalesforceConfig> = {
  id: 'salesforce',
  title: 'Salesforce',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the domain that took the token refuses it',
  effect: 'the token only; its refresh token lives on',
  needs: 'the My Domain URL of each Salesforce organization',
  types: KIND.types,
  config,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? [KIND] : [],
    ...byAccounts(
      instances.map(({ url }) => domainAccount(tools.upstream(url))),
      {
        found: FOUND,
        unknown:
          'No configured Salesforce domain takes this token: if it is of another one, add that to providers.salesforce.instances and retry, or revoke it there.',
        log: tools.log,
      },
    ),
  }),
};
