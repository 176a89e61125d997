/**
 * Service and batch tokens of HashiCorp Vault and OpenBao, on the operator's own servers.
 *
 * Docs: https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self,
 * https://developer.hashicorp.com/vault/docs/concepts/tokens, https://openbao.org/api-docs/auth/token/; checked 2026-11-29.
 *
 * - A token revokes itself, which the policy `default` allows. Its child tokens and everything that was leased with it
 *   (database users, cloud keys) go with it, so service tokens wait for approval.
 * - Every dead token gets a 403, and so does a living one whose policies do not let it look itself up; the words differ
 *   (OpenBao 2.7.2: "permission denied" and "1 error occurred: * permission denied"). Newer versions of Vault say "invalid
 *   token" of dead ones.
 * - A token whose entity is disabled gets the same 403 as a dead one (OpenBao 2.7.2, and checkToken in
 *   vault/request_handling.go of both), and works again when the entity is enabled; so does one that is bound to addresses
 *   (bound_cidrs) from any other, such as a replica's; seen 2026-11-29. Only "invalid token", or that the token had neither,
 *   makes of a refusal its end.
 * - An Agent or Proxy of Vault with `use_auto_auth_token = "force"` sends a token of its own in place of the caller's
 *   (https://developer.hashicorp.com/vault/docs/agent-and-proxy/proxy/apiproxy), so that the look is at that one.
 * - Several clusters may stand behind one address, of which each knows its own tokens alone, see `cluster.ts`.
 * - A look uses up one of the uses of a token that has only so many.
 * - A batch token cannot be revoked: its parent must be, or it runs until it expires, which is reported.
 * - A token belongs to a namespace; each one is an entry of its own in the configuration. Its id, which is behind the token
 *   in OpenBao and in older versions of Vault, has 5 or 6 characters; what has another suffix is no token.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type VaultConfig } from './config.ts';
import { accountOf, BATCH_TOKEN, FOUND } from './server.ts';

const places = { open: 'Every server issues its own, and only the configured ones are asked.' };

const SERVICE: TokenKind = {
  id: 'service-token',
  types: ['gitleaks_rule_id_hashicorpvaultservicetoken'],
  pattern: /(?<![\w-])(?:hvs\.[\w-]{24,}|s\.[A-Za-z0-9]{24})(?:\.[A-Za-z0-9]{5,6})?(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'wider',
  warning:
    'Its child tokens and everything that was leased with it, such as database users, are revoked, too.',
  possession: 'by-value',
  places,
  whole: 'open',
  undo: 'no',
};
const BATCH: TokenKind = {
  id: BATCH_TOKEN,
  types: ['gitleaks_rule_id_hashicorp_vault_batch_token'],
  pattern: /(?<![\w-])(?:hvb|b)\.[\w-]{100,}(?:\.[A-Za-z0-9]{5,6})?(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'by-value',
  places,
  whole: 'open',
  undo: 'no',
};

export const vault: ProviderDefinition<VaultConfig> = {
  id: 'vault',
  title: 'HashiCorp Vault and OpenBao',
  docs: 'https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self',
  checked: '2026-11-29',
  stability: 'stable',
  exactness: 'the token revokes itself',
  proof: 'the server that knew the token refuses it',
  effect: 'its child tokens and leases, too, which waits for approval; batch tokens go to a person',
  needs: 'the address of each server',
  types: [...SERVICE.types, ...BATCH.types],
  config,
  create: ({ servers }, tools) => ({
    kinds: servers.length > 0 ? [SERVICE, BATCH] : [],
    ...byAccounts(
      servers.map((server) => accountOf(server, tools)),
      { found: FOUND, copies: true, log: tools.log },
    ),
  }),
};
