import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  apps: z
    .array(
      z.strictObject({
        consumerKey: z.string().min(1).describe('API key (consumer key) of the app.'),
        consumerSecret: secretText().describe('Its secret.'),
        accessToken: z.string().min(1).describe('Access token (OAuth 1.0a) of the owner of the app.'),
        accessTokenSecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Apps whose Bearer token may leak.'),
  clients: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('OAuth 2.0 client id of an app.'),
        clientSecret: secretText().describe('Its client secret.'),
      }),
    )
    .default([])
    .describe('Apps whose OAuth 2.0 access tokens of users may leak.'),
});

export type XConfig = z.output<typeof config>;
