import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-f0-9]{24}$/, 'expected 24 hexadecimal digits')
          .describe('The id of the organization.'),
        clientId: z.string().min(1).describe('A service account of it with the role Organization Owner.'),
        clientSecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Atlas organizations that may have issued a key; asked in this order.'),
});

export type MongodbAtlasConfig = z.output<typeof config>;
