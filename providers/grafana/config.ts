/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl('/api').describe('Base URL of the instance, with its sub-path where it has one.'),
        orgId: z.int().min(1).default(1).describe('Id of the organization of the token.'),
        token: secretText().describe(
          'A service account token with `serviceaccounts:read` and `serviceaccounts:write`.',
        ),
      }),
    )
    .default([])
    .describe('Instances, and their organizations, whose service account tokens may leak.'),
});

export type GrafanaConfig = z.output<typeof config>;
