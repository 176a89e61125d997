/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        url: baseUrl('/api/v1').describe('Base URL, such as https://example.okta.com.'),
        apiToken: secretText()
          .optional()
          .describe('API token that may manage applications; without it only API tokens can be revoked.'),
      }),
    )
    .default([])
    .describe('Organizations that may have issued a token; asked in this order.'),
});

export type OktaConfig = z.output<typeof config>;
