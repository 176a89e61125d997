/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^\d{1,12}$/, 'expected the number of an organization')
          .describe('Id of the organization, a number.'),
        token: secretText().describe(
          'An access policy token with the scopes `accesspolicies:read` and `accesspolicies:delete`.',
        ),
      }),
    )
    .default([])
    .describe('Organizations whose tokens may leak.'),
});

export type GrafanaCloudConfig = z.output<typeof config>;
