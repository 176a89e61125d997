/** The operator's keys. */
import { z } from 'zod';
import { baseUrl, patternKey } from '../../src/provider/kit/config-keys.ts';

export const config = z.strictObject({
  registries: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the registry.'),
        id: z
          .string()
          .regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens')
          .optional()
          .describe('With a pattern: a lasting name; without it the host of the URL.'),
        pattern: patternKey()
          .optional()
          .describe(
            'A JavaScript regular expression, flag `u`, that its tokens match, where they are not those of npm (`npm_...`).',
          ),
      }),
    )
    .default([])
    .describe('Registries that may have issued a token; asked in this order.'),
});

export type NpmConfig = z.output<typeof config>;
