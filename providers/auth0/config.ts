/** The operator's keys below `providers.auth0`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  tenants: z
    .array(
      z.strictObject({
        url: baseUrl().describe(
          "The tenant's own domain, such as https://example.eu.auth0.com; no custom domain.",
        ),
        clientId: z.string().min(1).describe('Of a machine-to-machine application.'),
        clientSecret: secretText().describe(
          'Its secret; it needs the scopes `read:clients`, `read:client_keys` and `update:client_keys`.',
        ),
      }),
    )
    .default([])
    .describe('Tenants whose applications may have a leaked secret; asked in this order.'),
});

export type Auth0Config = z.output<typeof config>;

export type Auth0Tenant = Auth0Config['tenants'][number];
