/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  clusters: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the API server.'),
        token: secretText().describe(
          'Bearer token with the rights to create tokenreviews, to delete secrets and, for tokens of Pods that are gone, to get pods.',
        ),
      }),
    )
    .default([])
    .describe('Clusters that may have issued a token; asked in this order.'),
});

export type KubernetesConfig = z.output<typeof config>;
