/** The operator's keys below `providers.anthropic`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(z.strictObject({ adminKey: secretText().describe('Admin API key, `sk-ant-admin01-…`.') }))
    .default([])
    .describe('Your organizations; a key of any other cannot be revoked.'),
});

export type AnthropicConfig = z.output<typeof config>;
