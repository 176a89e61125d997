/**
 * HCP Terraform and Terraform Enterprise: tokens of users and organizations.
 *
 * Docs: https://developer.hashicorp.com/terraform/cloud-docs/api-docs/user-tokens,
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/account,
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/organization-tokens and, for the second host,
 * https://developer.hashicorp.com/terraform/cloud-docs/europe; checked 2026-11-21.
 *
 * Quirks:
 * - A user's token lists the tokens of its user (all of them, when no page is asked for) without their text: only when
 *   there is a single one it is known to be the leaked one, and not before it is older than a token that it replaced may
 *   be let in still, of which nothing is documented. `last-used-at` is no proof: others are used as well.
 * - An organization has one token, which may delete itself. A team may have several: they go to a person.
 * - Tokens of agents and of audit trails look alike and get 401 at the account's page while they live, and a token of
 *   another host gets the same: 401 alone proves nothing.
 * - Terraform Enterprise keeps the tokens of a user out while his SAML session is over
 *   (https://developer.hashicorp.com/terraform/enterprise/v202212-2/saml/login, "API Token Expiration").
 * - An organization may limit how long tokens live. Those that were made to live longer are refused as unauthorized from then
 *   on, here as there (terraform-provider-tfe, website/docs/r/org_max_token_ttl_policy.html.markdown), and that it may take
 *   back. So what worked before and is refused goes to a person, unless it was deleted here.
 * - A proxy before it may send a token of its own in place of any. So a token that nobody has must be refused there.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, HCP, type TerraformCloudConfig } from './config.ts';
import { FOUND, hostAccount } from './host.ts';

export type { TerraformCloudConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'api-token',
  types: [
    'gitleaks_rule_id_hashicorp_terraform_user/org_api_token',
    'gitleaks_rule_id_hashicorp-tf-api-token',
  ],
  pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}(?![\w=-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'one-fits',
  places: {
    open: 'Any installation of Terraform Enterprise may have issued the token; tokens of agents and audit trails are refused while they live.',
  },
  whole: 'open',
  undo: 'no',
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
  create: ({ hosts }, tools) => {
    const { check: _, ...accounts } = byAccounts(
      hosts.map((url) => hostAccount(tools.upstream(url), tools.clock, { isOwn: !HCP.includes(url) })),
      {
        found: FOUND,
        copies: hosts.some((url) => !HCP.includes(url)),
        unknown:
          'No configured host takes this token: it may be of another one, of an agent, or of audit trails. Look up at the location what it is for, and delete it there; or add its host to providers.terraform-cloud.hosts and retry.',
        log: tools.log,
      },
    );
    return { kinds: hosts.length > 0 ? [KIND] : [], ...accounts };
  },
};
