import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  teams: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the teams.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the data of the team is.'),
        apiKey: secretText().describe(
          'API key (PMAK-) of a user who sees the collection access keys of the team.',
        ),
      }),
    )
    .default([])
    .describe('Teams whose collection access keys may leak; asked in this order.'),
});

export type PostmanConfig = z.output<typeof config>;
