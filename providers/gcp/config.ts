/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  credentials: secretText({ severalLines: true })
    .optional()
    .describe(
      'The JSON key of a service account with the roles Service Account Key Admin and, for API keys, API Keys Admin; or the configuration of an external account (workload identity federation), whose token is in a file.',
    ),
  workloadIdentity: z
    .boolean()
    .default(false)
    .describe(
      'In place of credentials: act as the service account of the machine or Pod that Quash runs on, by the metadata server.',
    ),
  impersonate: z
    .string()
    .regex(
      /^[a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com$/,
      'expected the address of a service account',
    )
    .optional()
    .describe('Service account to act as, for which the one above is a Service Account Token Creator.'),
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
