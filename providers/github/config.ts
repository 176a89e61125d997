/** The operator's keys. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { GITHUB_COM } from './host.ts';

const apiUrl = baseUrl().describe(
  'Base URL of the REST API, e.g. https://github.example.com/api/v3 or https://api.example.ghe.com.',
);

export const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: apiUrl,
        token: secretText()
          .optional()
          .describe(
            'Of any user of the server: the revocation API of an Enterprise Server wants one, that of GHE.com wants none.',
          ),
      }),
    )
    .default([])
    .describe('All GitHub Enterprise Servers, and subdomains of GHE.com, whose tokens may leak.'),
  apps: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('Client ID of an OAuth app or a GitHub App.'),
        clientSecret: secretText().describe('One of its client secrets.'),
        url: apiUrl.default(GITHUB_COM).describe('Base URL of the REST API at which the app is registered.'),
      }),
    )
    .default([])
    .describe('Your own apps; needed for their tokens at an Enterprise Server, optional at github.com.'),
});

export type GithubConfig = z.output<typeof config>;
