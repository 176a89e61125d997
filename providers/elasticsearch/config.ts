/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  clusters: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the cluster.'),
        apiKey: secretText()
          .optional()
          .describe(
            'An encoded key with `manage_api_key`, for leaked keys that may not invalidate themselves.',
          ),
      }),
    )
    .default([])
    .describe('Clusters whose keys may leak; asked in this order.'),
});

export type ElasticsearchConfig = z.output<typeof config>;
