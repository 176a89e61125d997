/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: baseUrl('/v1').describe('Address of the server, without /v1.'),
        namespace: z
          .string()
          .regex(/^[\w-]+(?:\/[\w-]+)*$/, 'expected names with slashes between them')
          .optional()
          .describe('Namespace whose tokens it is about, e.g. `team/a`; without it the root namespace.'),
      }),
    )
    .default([])
    .describe('Servers that may have issued a token; asked in this order.'),
});

export type VaultConfig = z.output<typeof config>;
