/** The operator's keys below `providers.devcycle`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  projects: z
    .array(
      z.strictObject({
        key: z
          .string()
          .regex(/^[a-z0-9-_.]{1,100}$/)
          .describe('The key of the project.'),
        clientId: z.string().min(1).describe('Of the API credentials of the organization.'),
        clientSecret: secretText().describe('Their secret.'),
      }),
    )
    .default([])
    .describe('Projects whose SDK keys may leak; asked in this order.'),
});

export type DevcycleConfig = z.output<typeof config>;
