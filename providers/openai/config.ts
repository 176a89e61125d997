import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(z.strictObject({ adminKey: secretText().describe('Admin API key, `sk-admin-…`.') }))
    .default([])
    .describe('Your organizations; a key of any other cannot be revoked.'),
});

export type OpenaiConfig = z.output<typeof config>;
