import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        id: z.string().min(1).describe('The application ID, e.g. sq0idp-… or sandbox-sq0idb-….'),
        secret: secretText().describe('Its application secret.'),
      }),
    )
    .default([])
    .describe('Square applications whose tokens are revoked.'),
});

export type SquareConfig = z.output<typeof config>;
