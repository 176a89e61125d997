/** The operator's keys below `providers.algolia`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[A-Za-z0-9]{6,32}$/, 'expected an application ID')
          .describe('The application ID.'),
        adminApiKey: secretText().describe('Its admin API key.'),
      }),
    )
    .default([])
    .describe('Algolia applications that may have issued a key; asked in this order.'),
  searchOnlyKeys: z
    .enum(['attention', 'revoke'])
    .default('attention')
    .describe('What to do with a key that can only search, which most web sites publish on purpose.'),
});

export type AlgoliaConfig = z.output<typeof config>;

export type AlgoliaApplication = AlgoliaConfig['applications'][number];
