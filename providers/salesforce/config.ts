import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('My Domain URL, e.g. https://example.my.salesforce.com.'),
      }),
    )
    .default([])
    .describe('Salesforce domains that may have issued a token; asked in this order.'),
});

export type SalesforceConfig = z.output<typeof config>;
