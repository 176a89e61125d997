/**
 * HCP Terraform and Terraform Enterprise: tokens of users and organizations.
 *
 * Docs: https://developer.hashicorp.com/terraform/cloud-docs/api-docs/user-tokens,
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/account,
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/organization-tokens; checked 2026-11-21.
 *
 * Quirks:
 * - A user's token lists the tokens of its user (all of them, when no page is asked for) without their text: only when
 *   there is a single one it is known to be the leaked one. `last-used-at` is no proof: others are used as well.
 * - An organization has one token, which may delete itself. A team may have several: they go to a person.
 * - Tokens of agents and of audit trails look alike and get 401 at the account's page while they live, and a token of
 *   another host gets the same: 401 alone proves nothing.
 */
import { z } from 'zod';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { byTenant, type Sight, type Tenant, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({
  hosts: z
    .array(baseUrl())
    .default(['https://app.terraform.io'])
    .describe(
      'Hosts that may have issued a token, those of Terraform Enterprise included; asked in this order.',
    ),
  unknownTokens: unknownTokensKey(),
});

export type TerraformCloudConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-token',
  types: [
    'gitleaks_rule_id_hashicorp_terraform_user/org_api_token',
    'gitleaks_rule_id_hashicorp-tf-api-token',
  ],
  pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}(?![\w=-])/,
  effect: 'token',
};

export const terraformCloud: ProviderDefinition<TerraformCloudConfig> = {
  id: 'terraform-cloud',
  title: 'HCP Terraform',
  docs: 'https://developer.hashicorp.com/terraform/cloud-docs/api-docs/user-tokens',
  stability: 'beta',
  exactness: 'the only token of its user or organization, asked with itself; several go to a person',
  proof: 'the host that knew the token refuses it',
  effect: 'the token only',
  needs: 'nothing; the URLs of Terraform Enterprise',
  types: KIND.types,
  config,
  create(settings, tools) {
    const tenants = settings.hosts.map((url) => ({ upstream: tools.upstream(url) }));
    return {
      kinds: tenants.length > 0 ? [KIND] : [],
      ...byTenant(TOKENS, tenants, settings.unknownTokens),
    };
  },
};

const id = z.string().regex(/^[\w-]+$/);
const foundSchema = z.union([z.object({ tokenId: id }), z.object({ organization: id })]);
type Found = z.output<typeof foundSchema>;

const ACCOUNT = z.object({
  data: z.object({
    id,
    type: z.literal('users'),
    attributes: z.object({ 'is-service-account': z.boolean() }),
    relationships: z.object({
      'authenticated-resource': z.object({ data: z.object({ id, type: z.string() }) }).optional(),
    }),
  }),
});
const TOKEN_LIST = z.object({
  data: z.array(z.object({ id, type: z.literal('authentication-tokens') })),
});
const ERRORS = z.object({ errors: z.array(z.object({ status: z.string() })).min(1) });

const NOT_A_USERS = refused(
  'unsupported-kind',
  'This is the token of a team: delete it on the page of the team, where it can be told from others.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'Terraform knows this token but does not let it delete itself: delete it by hand.',
);

const TOKENS: TenantMethod<Tenant, Found> = {
  found: foundSchema,
  async look({ upstream }, token, { signal }, known) {
    const answer = await get(upstream, '/api/v2/account/details', token, [200, 401], signal);
    if (answer.status === 401) {
      answer.json(ERRORS);
      return { state: 'absent' };
    }
    const { data } = answer.json(ACCOUNT);
    if (known) return { state: 'alive', found: known };
    if (!data.attributes['is-service-account']) return lookAtUser(upstream, data.id, token, signal);
    const owner = data.relationships['authenticated-resource']?.data;
    if (owner?.type !== 'organizations') return { state: 'unable', refusal: NOT_A_USERS };
    return { state: 'alive', found: { organization: owner.id } };
  },
  async revoke({ upstream }, token, found, { signal }) {
    const path =
      'tokenId' in found
        ? `/api/v2/authentication-tokens/${found.tokenId}`
        : `/api/v2/organizations/${found.organization}/authentication-token`;
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({ method: 'DELETE', path, headers, statuses: [204, 404], signal });
    if (answer.status === 204) return revoked({ tenant: upstream.base, ...found });
    answer.json(ERRORS);
    return NOT_PERMITTED;
  },
};

const MAX_EVIDENCE = 20;

async function lookAtUser(
  upstream: Upstream,
  userId: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const answer = await get(upstream, `/api/v2/users/${userId}/authentication-tokens`, token, [200], signal);
  const [first, ...others] = answer.json(TOKEN_LIST).data;
  // The token works, so it is not known what an empty list would mean.
  if (!first) throw unexpected(upstream, answer);
  if (others.length === 0) return { state: 'alive', found: { tokenId: first.id } };
  const candidates = [first, ...others].slice(0, MAX_EVIDENCE).map((each) => ({ tokenId: each.id }));
  const advice =
    'The leaked token works and its user has several: ask the user which one it is, and delete that.';
  const evidence = { tenant: upstream.base, user: userId, candidates };
  return { state: 'unable', refusal: refused('ambiguous', advice, evidence) };
}

function get(
  upstream: Upstream,
  path: string,
  token: Secret,
  statuses: readonly number[],
  signal: AbortSignal,
): Promise<Answer> {
  return upstream.request({
    method: 'GET',
    path,
    headers: { authorization: bearer(token) },
    statuses,
    signal,
  });
}
