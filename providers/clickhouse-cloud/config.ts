/** The provider's own keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z.uuid().describe('The id of the organization.'),
        keyId: z.string().min(1).describe('A key of it with the role Admin.'),
        keySecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

export type ClickhouseCloudConfig = z.output<typeof config>;
