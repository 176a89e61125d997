/**
 * Salesforce OAuth tokens, at the operator's own domains: access tokens, also those that are JWTs, and refresh tokens.
 *
 * Docs: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm,
 * https://developer.salesforce.com/docs/platform/mobile-sdk/guide/oauth-revoking-tokens.html; checked 2026-11-28.
 *
 * - Whoever holds a token may revoke it, without a credential of ours, at the domain of its organization. The token
 *   names the organization, not the domain, so domains come from the configuration alone.
 * - Another organization's live token is answered `INVALID_SESSION_ID` like a dead one. Only a domain that was seen to
 *   take the token proves its death that way, so the domain is remembered.
 * - Session ids of a login look the same, but are no OAuth tokens: `unsupported_token_type`.
 * - The same code with the words "This session is not valid for use with the REST API" is of a session that lives, and has
 *   no right to the API or may not come from there (jsforce/jsforce, src/http-api.ts and its pull request 1301;
 *   NangoHQ/nango, issue 4344).
 * - A revocation is refused in the form of a form: `error=unsupported_token_type&error_description=…` (omniphx/forrest,
 *   issue 213; jsforce/jsforce, src/oauth2.ts).
 * - An access token that is a JWT begins with its tenant (`tnk`), and is revoked and asked about like any other.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type SalesforceConfig } from './config.ts';
import { domainAccount, FOUND } from './domain.ts';
import { refreshTokens } from './refresh-tokens.ts';

export type { SalesforceConfig } from './config.ts';

const ACCESS_TOKEN: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_salesforce_access_token'],
  pattern: /(?<![\w-])00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{60,256}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Each Salesforce organization has a domain of its own.' },
  whole: 'open',
  undo: 'no',
};

const JWT: TokenKind = {
  ...ACCESS_TOKEN,
  id: 'jwt-access-token',
  // A scanner that knows the others has no rule of its own for these.
  types: [],
  pattern: /(?<![\w.-])eyJ0bmsi[\w-]{40,1000}\.eyJ[\w-]{40,4000}\.[\w-]{340,690}(?![\w.-])/,
};

const UNKNOWN =
  'No configured Salesforce domain takes this token: if it is of another one, add that to providers.salesforce.instances and retry, or revoke it there.';

export const salesforce: ProviderDefinition<SalesforceConfig> = {
  id: 'salesforce',
  title: 'Salesforce',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the domain that took the token refuses it',
  effect:
    'the token only: the refresh token of an access token lives on; access tokens of a refresh token end with it',
  needs: 'the My Domain URL of each Salesforce organization',
  types: [...ACCESS_TOKEN.types, 'gitleaks_rule_id_salesforce_refresh_token'],
  unpublished: [...ACCESS_TOKEN.types, 'gitleaks_rule_id_salesforce_refresh_token'],
  config,
  create({ instances }, tools) {
    const domains = instances.map(({ url }) => tools.upstream(url));
    const { check: _, ...accessTokens } = byAccounts(domains.map(domainAccount), {
      found: FOUND,
      unknown: UNKNOWN,
      log: tools.log,
    });
    return byKind([
      { kinds: [ACCESS_TOKEN, JWT], isAble: domains.length > 0, ...accessTokens },
      refreshTokens(domains, UNKNOWN),
    ]);
  },
};
