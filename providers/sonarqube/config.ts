import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl('/api').describe('Base URL, with the context path where the server has one.'),
        adminToken: secretText()
          .optional()
          .describe('Not used any more: all tokens revoke themselves. Leave it out, and revoke it.')
          .meta({ deprecated: true }),
      }),
    )
    .default([])
    .describe('SonarQube servers that may have issued a token; asked in this order.'),
});

export type SonarqubeConfig = z.output<typeof config>;
