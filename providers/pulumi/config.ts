/** The operator's keys below `providers.pulumi`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  baseUrl: baseUrl()
    .default('https://api.pulumi.com')
    .describe('Base URL of the API; a self-hosted Pulumi Cloud has its own.'),
});
export type PulumiConfig = z.output<typeof config>;
