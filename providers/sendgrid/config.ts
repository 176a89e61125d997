import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

const account = z.strictObject({
  apiKey: secretText().describe('API key with the right api_keys.delete.'),
  onBehalfOf: z
    .string()
    .min(1)
    .optional()
    .describe('Subuser whose keys it deletes, or `account-id` with an id.'),
  region: z.enum(['global', 'eu']).default('global').describe('Where the account is.'),
});

export const config = z.strictObject({
  accounts: z
    .array(account)
    .default([])
    .describe('Your own accounts, for leaked keys that may not delete themselves.'),
});

export type SendgridConfig = z.output<typeof config>;
