/** The operator's keys below `providers.langfuse`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        url: baseUrl()
          .default('https://cloud.langfuse.com')
          .describe('Base URL of the instance, or of a region of Langfuse Cloud.'),
        publicKey: z.string().min(1).describe('The public key of an API key of the organization.'),
        secretKey: secretText().describe('Its secret key.'),
      }),
    )
    .default([])
    .describe('Organizations whose projects may have a leaked key; asked in this order.'),
});

export type LangfuseConfig = z.output<typeof config>;
