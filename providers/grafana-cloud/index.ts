/**
 * Grafana Cloud access policy tokens (glc_).
 *
 * Docs: https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/ and the vendor's OpenAPI
 * client, checked 2026-11-21.
 *
 * Experimental: the calls and that names are unique per organisation and region are documented, but not what is
 * inside a token, nor how the API refuses one that is dead.
 *
 * - A token is `glc_` and Base64 of JSON: organisation `o`, name `n`, key `k`, region `m.r`. The name is the token's
 *   own or has that of its access policy in front. The region goes into queries only, never into a host.
 * - A name may be given again after a deletion. So a token has to be alive before its namesake is deleted.
 * - 600 requests an hour are allowed.
 */
import { z } from 'zod';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { keeperOf } from './organization.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^\d{1,12}$/, 'expected the number of an organisation')
          .describe('Id of the organisation, a number.'),
        token: secretText().describe(
          'An access policy token with the scopes `accesspolicies:read` and `accesspolicies:delete`.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose tokens may leak.'),
});

export type GrafanaCloudConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'access-policy-token',
  types: ['gitleaks_rule_id_grafanacloudaccesspolicytoken'],
  pattern: /(?<![\w-])glc_eyJ[A-Za-z0-9+/]{60,600}={0,2}(?![A-Za-z0-9+/=_-])/,
  effect: 'token',
};

export const grafanaCloud: ProviderDefinition<GrafanaCloudConfig> = {
  id: 'grafana-cloud',
  title: 'Grafana Cloud',
  docs: 'https://grafana.com/docs/grafana-cloud/developer-resources/api-reference/cloud-api/',
  stability: 'experimental',
  exactness: 'by organisation, region and name inside the token, while it is alive',
  proof: 'Grafana Cloud refuses the token',
  effect: 'the token only',
  needs: 'an access policy token of each organisation',
  types: KIND.types,
  config: configSchema,
  // Four calls a token at least; a step that reads long lists makes more.
  rate: { steps: 100, perMs: 3_600_000 },
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byRecords(
      organizations.map((organization) => keeperOf(organization, tools)),
      {
        unknown:
          'No configured Grafana Cloud organisation has this token: add its organisation to providers.grafana-cloud.organizations and retry, or dismiss it if the token is gone.',
        rights: 'The token must have the scopes accesspolicies:read and accesspolicies:delete.',
      },
      tools.log,
    ),
  }),
};
