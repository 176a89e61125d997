/**
 * Passwords of the users of Aiven services.
 *
 * Docs: https://api.aiven.io/doc/#tag/Service:_Users, https://aiven.io/docs/tools/cli/service/user; checked 2026-11-21.
 *
 * - A password names neither its service nor its user. With `include_secrets` a service shows the passwords of its users,
 *   so it is compared with those of all services of the configured projects, of which hashes are kept for a while.
 * - A password that its user has overridden in the service itself is shown as null (aiven/terraform-provider-aiven:
 *   internal/schemautil/service_user.go).
 * - Services that keep no passwords (ClickHouse among them) show none; a password of theirs is unknown here.
 * - A service that is powered off is restored from its latest backup when it is powered on
 *   (https://aiven.io/docs/platform/concepts/service-power-cycle, checked 2026-11-29), so one that lists no users tells nothing.
 * - `reset-credentials` sets another password, which the answer shows, and for some services another certificate. What
 *   logs in as this user stops working until it gets the new password, so it waits for approval.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { type AivenConfig, config } from './config.ts';
import { accountOf, FOUND } from './project.ts';

const KIND: TokenKind = {
  id: 'service-password',
  types: ['gitleaks_rule_id_aivenservicepassword'],
  pattern: /(?<![\w-])AVNS_[\w-]{15,40}(?![\w-])/,
  effect: 'wider',
  possession: 'listed-whole',
  places: { open: 'Projects that are not configured are not asked, nor services that show no passwords.' },
  whole: 'open',
  undo: 'no',
  warning:
    'The service user gets a new password and, in some services, a new certificate; whatever logs in as this user stops working.',
};

export const aiven: ProviderDefinition<AivenConfig> = {
  id: 'aiven',
  title: 'Aiven',
  docs: 'https://api.aiven.io/doc/#tag/Service:_Users',
  stability: 'beta',
  exactness: 'by value, among the passwords of the service users',
  proof: 'the service user has another password',
  effect: 'resets the credentials of the service user; waits for approval',
  needs: 'the name of each project and an API token',
  types: KIND.types,
  config,
  create: ({ projects }, tools) => ({
    kinds: projects.length > 0 ? [KIND] : [],
    ...byAccounts(
      projects.map((project) => accountOf(project, tools)),
      {
        found: FOUND,
        chosen: true,
        unknown:
          'No service of a configured project shows this password: add its project to providers.aiven.projects and retry, or reset it by hand if its service shows none.',
        rights:
          'The owner of the API token must be allowed to read the secrets of services and to reset users.',
        log: tools.log,
      },
    ),
  }),
};
