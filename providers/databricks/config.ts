/** The operator's keys below `providers.databricks`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  workspaces: z
    .array(
      z.strictObject({
        url: baseUrl('/api/2.0').describe(
          'Base URL, such as https://dbc-a1b2c3d4-e5f6.cloud.databricks.com.',
        ),
      }),
    )
    .default([])
    .describe('Workspaces that may have issued a token; asked in this order.'),
});

export type DatabricksConfig = z.output<typeof config>;
