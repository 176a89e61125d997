import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[\w-]{1,100}$/, 'expected the name of an organization as in its URL')
          .describe('Name of the organization, as in its URL.'),
        tokenId: z.string().min(1).describe('Id of a service token of the organization.'),
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
    .describe('Organizations whose service tokens may leak; asked in this order.'),
  oauthApplications: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('Client id of an OAuth application.'),
        clientSecret: secretText().describe('Its client secret.'),
      }),
    )
    .default([])
    .describe('OAuth applications whose tokens may leak; tried in this order.'),
});

export type PlanetscaleConfig = z.output<typeof config>;
