import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  oauthClient: z
    .strictObject({
      id: z.string().min(1).describe('Id of the OAuth client.'),
      secret: secretText().describe('Its secret.'),
    })
    .optional()
    .describe(
      'With the scopes `auth_keys` and `oauth_keys`; without it only API access tokens can be revoked.',
    ),
});

export type TailscaleConfig = z.output<typeof config>;
