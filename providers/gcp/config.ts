/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  credentials: secretText()
    .optional()
    .describe(
      'The JSON key of a service account with the roles Service Account Key Admin and, for API keys, API Keys Admin.',
    ),
  apiKeys: z
    .boolean()
    .default(false)
    .describe('Delete leaked API keys, too; those of web and mobile applications are public by design.'),
  expressKeys: z
    .boolean()
    .default(false)
    .describe(
      'Delete leaked keys of Vertex AI express mode and Gemini that begin with AQ., too (experimental).',
    ),
});

export type GcpConfig = z.output<typeof config>;
