/** The provider's own keys, and the hosts. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const HOSTS = { us: 'https://api.contentful.com', eu: 'https://api.eu.contentful.com' } as const;

export const configSchema = z.strictObject({
  regions: z
    .array(z.enum(['us', 'eu']))
    .min(1)
    .default(['us', 'eu'])
    .describe(
      'Data residencies that may have issued a personal access token; only one that both refuse is called dead.',
    ),
  spaces: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[\w-]{1,64}$/, 'expected the id of a space')
          .describe('Id of the space.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the space is.'),
        managementToken: secretText().describe('A personal access token of an administrator of the space.'),
      }),
    )
    .default([])
    .describe('Spaces whose delivery and preview keys may leak; asked in this order.'),
});

export type ContentfulConfig = z.output<typeof configSchema>;
export type Space = ContentfulConfig['spaces'][number];
