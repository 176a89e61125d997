/**
 * Grafana Cloud access policy tokens (glc_).
 *
 * Docs: https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/ and the vendor's OpenAPI
 * client (grafana/grafana-com-public-clients), checked 2026-11-29.
 *
 * Experimental: the calls and that names are unique per organization and region are documented, but not what is
 * inside a token, nor how the API refuses one that is dead.
 *
 * - A token is `glc_` and Base64 of JSON: organization `o`, name `n`, key `k`, region `m.r`. The name is the token's
 *   own or has that of its access policy in front. The region goes into queries only, never into a host.
 * - What is inside is not signed, as far as is known: whoever has a token that works could write another one's name into
 *   it. So a person decides, who sees whether it works and which record has its name.
 * - A token without the scope to list tokens is answered 401 as well, with `Unauthorized` and the scopes that its policy
 *   has (trufflesecurity/trufflehog issue 4157). Without them, `Unauthorized` is said of a request without a token, too.
 * - A region that does not exist is answered 404 (trufflesecurity/trufflehog issue 3716), which says nothing of the token.
 * - 401 with `InvalidCredentials` means "dead" and "never issued" alike.
 * - A name may be given again after a deletion. So a token has to be alive before its namesake is deleted.
 * - 600 requests an hour are allowed. The vendor's own client asks for JSON.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { config, type GrafanaCloudConfig } from './config.ts';
import { contentOf } from './content.ts';
import { accountOf } from './organization.ts';

const KIND: TokenKind = {
  id: 'access-policy-token',
  types: ['gitleaks_rule_id_grafanacloudaccesspolicytoken'],
  pattern: /(?<![\w-])glc_eyJ[A-Za-z0-9+/]{60,600}={0,2}(?![A-Za-z0-9+/=_-])/,
  effect: 'token',
  possession: 'unproven',
  places: {
    open: 'Whether other clouds of Grafana, such as the federal one, have tokens of this look is not known.',
  },
  whole: (token) => contentOf(new Secret(token)) !== undefined,
  undo: 'no',
};

export const grafanaCloud: ProviderDefinition<GrafanaCloudConfig> = {
  id: 'grafana-cloud',
  title: 'Grafana Cloud',
  docs: 'https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/',
  checked: '2026-11-29',
  stability: 'experimental',
  exactness: 'by organization, region and name inside the token, which a person approves',
  proof: 'Grafana Cloud refuses the token, which worked before',
  effect: 'the token only',
  needs: 'an access policy token of each organization',
  types: KIND.types,
  config,
  // Four calls a token at least; a step that reads long lists makes more.
  rate: { steps: 100, perMs: 3_600_000 },
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((organization) => accountOf(organization, tools)),
      {
        found: z.string().min(1),
        unknown:
          'No configured Grafana Cloud organization has this token: find out of which one it is, add that to providers.grafana-cloud.organizations and retry, or delete it there.',
        rights: 'The token must have the scopes accesspolicies:read and accesspolicies:delete.',
        log: tools.log,
      },
    ),
  }),
};
