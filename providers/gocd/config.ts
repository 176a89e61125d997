/** The keys below `providers.gocd`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const configSchema = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: baseUrl('/api').describe('With the context path, e.g. https://ci.example.com/go.'),
        username: z.string().min(1).describe('A GoCD system administrator that logs in with a password.'),
        password: secretText().describe('Its password.'),
        flushSeconds: z
          .number()
          .min(0.2)
          .default(75)
          .describe(
            'The longest that the server takes to write the last use of tokens: 60 s and a margin, unless it was started with -Dgocd.accesstoken.lastused.update.interval.',
          ),
        saltIds: secretText({ severalLines: true })
          .optional()
          .describe(
            'Makes identification exact and immediate: the record of each token by its salt id, as lines of CSV or a JSON object, from `SELECT SALTID, ID FROM ACCESSTOKEN`.',
          ),
      }),
    )
    .default([])
    .describe('GoCD servers that may have issued a token; asked in this order.'),
  ambiguous: z
    .enum(['report', 'disable-user', 'revoke-candidates', 'revoke-all'])
    .default('report')
    .describe(
      'What to do when it cannot be told which token of a user is the leaked one; both ways to revoke wait for an approval.',
    ),
  maxCandidates: z
    .int()
    .min(1)
    .default(3)
    .describe('How many tokens revoke-candidates may revoke in vain for one leaked token.'),
});

export type GocdConfig = z.output<typeof configSchema>;
