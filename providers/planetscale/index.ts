/**
 * PlanetScale service tokens (./service-tokens.ts), and passwords of branches (./passwords.ts).
 *
 * Docs: https://planetscale.com/docs/api/reference/service-tokens,
 * https://planetscale.com/changelog/service-token-api-endpoints and
 * https://planetscale.com/docs/api/reference/delete_password, checked 2026-11-21.
 *
 * - A deleted token is as unknown as one of another organisation.
 * - Not covered, for want of a call: secrets of OAuth applications, and roles of Postgres databases, whose passwords
 *   look like those of branches.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { PASSWORD, passwordKeeper } from './passwords.ts';
import { pair, SERVICE_TOKEN, serviceTokenKeeper } from './service-tokens.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[\w-]{1,100}$/, 'expected the name of an organisation as in its URL')
          .describe('Name of the organisation, as in its URL.'),
        tokenId: z.string().min(1).describe('Id of a service token of the organisation.'),
        token: secretText().describe(
          'That service token; it needs `read_service_tokens` and `delete_service_tokens`.',
        ),
        passwords: z
          .boolean()
          .default(false)
          .describe(
            'Whether to revoke passwords of branches, too; the token then also needs `read_databases`, `read_branch`, `delete_branch_password` and `delete_production_branch_password`.',
          ),
      }),
    )
    .default([])
    .describe('Organisations whose service tokens may leak; asked in this order.'),
});

export type PlanetscaleConfig = z.output<typeof configSchema>;

export const planetscale: ProviderDefinition<PlanetscaleConfig> = {
  id: 'planetscale',
  title: 'PlanetScale',
  docs: 'https://planetscale.com/docs/api/reference/service-tokens',
  stability: 'beta',
  exactness: 'by the id or user name beside the leak, once it worked together with the token or password',
  proof: 'the organisation no longer knows the id',
  effect: 'the token or password only',
  needs:
    'a service token of each organisation that may delete service tokens (and passwords), and read access to the repository',
  types: [...SERVICE_TOKEN.types, ...PASSWORD.types],
  config: configSchema,
  create({ organizations }, tools) {
    const upstream = tools.upstream('https://api.planetscale.com/v1');
    const withPasswords = organizations.filter(({ passwords }) => passwords);
    return byKind([
      {
        kinds: [SERVICE_TOKEN],
        isAble: organizations.length > 0,
        ...byRecords(
          organizations.map((organization) => serviceTokenKeeper(organization, upstream)),
          {
            unknown:
              'No id beside the leak is one of a configured PlanetScale organisation: add its organisation to providers.planetscale.organizations and retry, or dismiss it if the token is gone.',
            rights: 'The service token must have read_service_tokens and delete_service_tokens.',
          },
          tools.log,
        ),
      },
      {
        kinds: [PASSWORD],
        isAble: withPasswords.length > 0,
        ...byRecords(
          withPasswords.map(({ name, tokenId, token }) => {
            const call = operatorCalls(upstream, { authorization: pair(tokenId, token) });
            return passwordKeeper(name, call, tools);
          }),
          {
            unknown:
              'No user name beside the leak is one of a configured PlanetScale organisation: add its organisation to providers.planetscale.organizations and retry, or dismiss it if the password is gone.',
            rights:
              'The service token must have read_databases, read_branch, delete_branch_password and delete_production_branch_password.',
          },
          tools.log,
        ),
      },
    ]);
  },
};
