import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the management port, e.g. https://splunk.example.com:8089.'),
        token: secretText().describe(
          'Authentication token of a user with the capabilities edit_tokens_all, list_tokens_all and edit_token_http.',
        ),
      }),
    )
    .default([])
    .describe('Splunk instances that may have issued a token; asked in this order.'),
});

export type SplunkConfig = z.output<typeof config>;
