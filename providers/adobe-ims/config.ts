/** The operator's keys below `providers.adobe-ims`. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  clients: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('Client id of the credential in the Adobe Developer Console.'),
        clientSecret: secretText().describe('Its client secret.'),
      }),
    )
    .default([])
    .describe('Clients whose access tokens may leak.'),
});

export type AdobeImsConfig = z.output<typeof config>;
