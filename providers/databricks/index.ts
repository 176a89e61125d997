/**
 * Databricks personal access tokens, of any number of workspaces.
 *
 * Docs: https://docs.databricks.com/api/workspace/tokens/list, https://docs.databricks.com/api/workspace/tokens/delete;
 * checked 2026-11-21.
 *
 * Quirks:
 * - A token lists the valid tokens of its user, which shows nothing of their text: only when there is a single one it
 *   is known to be the leaked one. `token_id` has 64 hex digits, but nobody says that it is a hash of the token.
 * - A dead token and one of another workspace get the same 403 "Invalid access token."; `error_code` may be a number.
 */
import { z } from 'zod';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { byTenant, type Sight, type Tenant, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';

const config = z.strictObject({
  workspaces: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com.'),
      }),
    )
    .default([])
    .describe('Workspaces that may have issued a token; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type DatabricksConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_databricks_api_token', 'gitleaks_rule_id_databricks-api-token'],
  pattern: /(?<![\w-])dapi[a-f0-9]{32}(?:-\d)?(?![\w-])/,
  effect: 'token',
};

export const databricks: ProviderDefinition<DatabricksConfig> = {
  id: 'databricks',
  title: 'Databricks',
  docs: 'https://docs.databricks.com/api/workspace/tokens/delete',
  stability: 'beta',
  exactness: 'the only token of its user, asked with itself; several go to a person',
  proof: 'the workspace that knew the token refuses it',
  effect: 'the token only',
  needs: 'the URL of each workspace',
  types: KIND.types,
  config,
  create(settings, tools) {
    const tenants = settings.workspaces.map(({ url }) => ({ upstream: tools.upstream(url) }));
    return {
      kinds: tenants.length > 0 ? [KIND] : [],
      ...byTenant(TOKENS, tenants, settings.unknownTokens),
    };
  },
};

const foundSchema = z.object({ tokenId: z.string().min(1) });
type Found = z.output<typeof foundSchema>;

const TOKENS: TenantMethod<Tenant, Found> = {
  found: foundSchema,
  async look({ upstream }, token, { signal }, known) {
    const answer = await upstream.request({
      method: 'GET',
      path: '/api/2.0/token/list',
      headers: { authorization: bearer(token) },
      statuses: [200, 401, 403],
      signal,
    });
    if (answer.status !== 200) return declined(upstream, answer);
    const { token_infos: tokens = [] } = answer.json(TOKEN_LIST);
    if (known) return { state: 'alive', found: known };
    const [first, ...others] = tokens;
    if (!first) return { state: 'unable', refusal: NOT_LISTED };
    if (others.length > 0) return { state: 'unable', refusal: ambiguous(upstream, tokens) };
    return { state: 'alive', found: { tokenId: first.token_id } };
  },
  async revoke({ upstream }, token, { tokenId }, { signal }) {
    const answer = await upstream.request({
      method: 'POST',
      path: '/api/2.0/token/delete',
      headers: { authorization: bearer(token) },
      json: { token_id: tokenId },
      statuses: [200, 403],
      signal,
    });
    answer.json(z.looseObject({}));
    return answer.status === 200 ? revoked({ tenant: upstream.base, tokenId }) : NOT_PERMITTED;
  },
};

const TOKEN_LIST = z.object({
  token_infos: z
    .array(z.object({ token_id: z.string().min(1), creation_time: z.number().optional() }))
    .optional(),
});
const ERROR = z.object({ error_code: z.union([z.string(), z.number()]), message: z.string() });

const NOT_LISTED = refused(
  'unsupported-kind',
  'Databricks takes this token but does not list it among those of its user: revoke it by hand.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'Databricks knows this token but does not let it list or revoke tokens: a workspace administrator has to revoke it.',
);

const MAX_EVIDENCE = 20;

function ambiguous(
  { base }: Upstream,
  tokens: readonly { readonly token_id: string; readonly creation_time?: number | undefined }[],
) {
  return refused(
    'ambiguous',
    'The leaked token works and its user has several: ask the user which one it is, and revoke that.',
    {
      tenant: base,
      candidates: tokens.slice(0, MAX_EVIDENCE).map((each) => ({
        tokenId: each.token_id,
        createdAt: each.creation_time === undefined ? null : new Date(each.creation_time).toISOString(),
      })),
    },
  );
}

/** A network rule or a narrow scope refuses a live token, too, but in other words. */
function declined(upstream: Upstream, answer: Answer): Sight<never> {
  const message = answer.maybeJson(ERROR)?.message;
  if (message === undefined) throw unexpected(upstream, answer);
  if (message.startsWith('Invalid access token')) return { state: 'absent' };
  return { state: 'unable', refusal: NOT_PERMITTED };
}
