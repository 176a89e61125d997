/**
 * Service and batch tokens of HashiCorp Vault and OpenBao, on the operator's own servers.
 *
 * Docs: https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self,
 * https://developer.hashicorp.com/vault/docs/concepts/tokens, https://openbao.org/api-docs/auth/token/; checked 2026-11-21.
 *
 * - A token revokes itself, which the policy `default` allows. Its child tokens and everything that was leased with it
 *   (database users, cloud keys) go with it, so service tokens wait for approval.
 * - Every dead token gets a 403. Newer versions of Vault add the words "invalid token"; older ones and OpenBao say
 *   "permission denied", as they do to a living token whose policy does not let it look itself up. So a 403 alone proves
 *   nothing, and counts only at the server that let the token look itself up before.
 * - A batch token cannot be revoked: its parent must be, or it runs until it expires, which is reported.
 * - A token belongs to a namespace; each one is an entry of its own in the configuration.
 */
import { z } from 'zod';
import { baseUrl, unknownTokensKey } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { byTenant, type Sight, type Tenant, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { ProviderDefinition, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Address of the server, without /v1.'),
        namespace: z
          .string()
          .regex(/^[\w-]+(?:\/[\w-]+)*$/, 'expected names with slashes between them')
          .optional()
          .describe('Namespace whose tokens it is about, e.g. `team/a`; without it the root namespace.'),
      }),
    )
    .default([])
    .describe('Servers that may have issued a token; asked in this order.'),
  unknownTokens: unknownTokensKey(),
});

export type VaultConfig = z.output<typeof config>;

const SERVICE: TokenKind = {
  id: 'service-token',
  types: ['gitleaks_rule_id_hashicorpvaultservicetoken'],
  pattern: /(?<![\w-])(?:hvs\.[\w-]{24,}|s\.[A-Za-z0-9]{24}(?:\.[A-Za-z0-9]{5})?)(?![\w-])/,
  effect: 'wider',
  warning:
    'Its child tokens and everything that was leased with it, such as database users, are revoked, too.',
};
const BATCH: TokenKind = {
  id: 'batch-token',
  types: ['gitleaks_rule_id_hashicorp_vault_batch_token'],
  pattern: /(?<![\w-])(?:hvb|b)\.[\w-]{100,}/,
  effect: 'token',
};

export const vault: ProviderDefinition<VaultConfig> = {
  id: 'vault',
  title: 'HashiCorp Vault and OpenBao',
  docs: 'https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self',
  stability: 'stable',
  exactness: 'the token revokes itself',
  proof: 'the server that knew the token refuses it',
  effect: 'its child tokens and leases, too, which waits for approval; batch tokens go to a person',
  needs: 'the address of each server',
  types: [...SERVICE.types, ...BATCH.types],
  config,
  create({ servers, unknownTokens }, tools) {
    const tenants = servers.map(({ url, namespace }) => {
      const path = namespace === undefined ? '/v1' : `/v1/${namespace}`;
      return { upstream: tools.upstream(url.replace(/\/+$/, '') + path) };
    });
    return { kinds: tenants.length > 0 ? [SERVICE, BATCH] : [], ...byTenant(METHOD, tenants, unknownTokens) };
  },
};

const ERRORS = z.object({ errors: z.array(z.string()).min(1) });
const LOOKED_UP = z.object({
  data: z.object({
    accessor: z.string().regex(/^[\w.-]*$/),
    expire_time: z.iso.datetime({ offset: true }).nullable(),
  }),
});

const found = z.object({ accessor: z.string(), expires: z.string().nullable() });

const METHOD: TenantMethod<Tenant, z.output<typeof found>> = {
  found,
  async look(tenant, token, { signal }): Promise<Sight<z.output<typeof found>>> {
    const { upstream } = tenant;
    const answer = await upstream.request({
      method: 'GET',
      path: '/auth/token/lookup-self',
      headers: headersOf(token),
      statuses: [200, 403],
      signal,
    });
    if (answer.status === 403) {
      answer.json(ERRORS);
      return { state: 'absent' };
    }
    const { accessor, expire_time: expires } = answer.json(LOOKED_UP).data;
    return { state: 'alive', found: { accessor, expires } };
  },
  async revoke({ upstream }, token, { accessor, expires }, { kind, signal }): Promise<RevokeResult> {
    const evidence = { server: upstream.base, accessor, expires };
    if (kind === BATCH.id) return refused('manual', BATCH_ADVICE, evidence);
    const answer = await upstream.request({
      method: 'POST',
      path: '/auth/token/revoke-self',
      headers: headersOf(token),
      statuses: [204, 403],
      signal,
    });
    if (answer.status === 204) return revoked(evidence);
    if (answer.maybeJson(ERRORS) === undefined) throw unexpected(upstream, answer);
    return refused('not-permitted', ACCESSOR_ADVICE, evidence);
  },
};

const BATCH_ADVICE =
  'A batch token cannot be revoked: revoke its parent token, or wait until it expires, and replace what it could read.';
const ACCESSOR_ADVICE =
  "The token's policies do not let it revoke itself: revoke it by its accessor, with `vault token revoke -accessor`.";

/** Proxies of Vault that guard against forged requests ask for the second one. */
function headersOf(token: Secret) {
  return { 'x-vault-token': token, 'x-vault-request': 'true' };
}
