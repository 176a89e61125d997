/** The operator's keys below `providers.confluent-cloud`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        apiKey: z.string().min(1).describe('A Cloud API key of an organization administrator.'),
        apiSecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

export type ConfluentCloudConfig = z.output<typeof config>;
