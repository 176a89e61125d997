/** The operator's keys. */
import { z } from 'zod';
import { baseUrl, patternKey } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens')
          .optional()
          .describe('A lasting name; without it the host of revokeUrl.'),
        revokeUrl: baseUrl().describe('The revocation endpoint (RFC 7009).'),
        introspectUrl: baseUrl()
          .optional()
          .describe(
            'The introspection endpoint (RFC 7662); without it nothing proves that a token is dead. It has to call the tokens of this client active: Keycloak does so only where an audience mapper puts the client into their audience, and never for refresh tokens.',
          ),
        clientId: z.string().min(1).describe('The client to which the tokens were issued.'),
        clientSecret: secretText().describe('Its secret.'),
        clientAuth: z
          .enum(['basic', 'post'])
          .default('basic')
          .describe('How the client shows its secret: in the header Authorization, or in the form.'),
        types: z
          .array(z.string().min(1))
          .min(1)
          .describe('Type strings under which scanners report the tokens.'),
        pattern: patternKey()
          .optional()
          .describe(
            'A JavaScript regular expression, flag `u`, that the tokens match; needed when there are several servers.',
          ),
      }),
    )
    .default([])
    .describe('OAuth 2.0 servers, each with the tokens of one client.'),
});

export type Oauth2Config = z.output<typeof config>;
