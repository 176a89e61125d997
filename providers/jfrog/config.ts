/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl('/artifactory').describe('Base URL of the JFrog Platform, without /artifactory.'),
      }),
    )
    .default([])
    .describe('Instances that may have issued a token; asked in this order.'),
});

export type JfrogConfig = z.output<typeof config>;
