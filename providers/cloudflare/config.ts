/** The provider's own keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const configSchema = z.strictObject({
  credentials: z
    .array(
      z.strictObject({
        token: secretText().describe(
          'With the right API Tokens Write of a user, or Account API Tokens Write of an account.',
        ),
        accountId: z
          .string()
          .regex(/^[0-9a-f]{32}$/, 'expected 32 hex characters')
          .optional()
          .describe('The account whose tokens it may delete; without it, those of its own user.'),
      }),
    )
    .default([])
    .describe('Tokens that delete what cannot delete itself.'),
});

export type CloudflareConfig = z.output<typeof configSchema>;
export type Credential = CloudflareConfig['credentials'][number];
