import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

/** Each region with its own keys. */
export const CLOUD: readonly string[] = [
  'https://api.smith.langchain.com',
  'https://eu.api.smith.langchain.com',
  'https://apac.api.smith.langchain.com',
  'https://aws.api.smith.langchain.com',
];

export const config = z.strictObject({
  hosts: z
    .array(baseUrl())
    .default([...CLOUD])
    .describe(
      'Base URLs of the API at which personal access tokens are looked for; those of the organizations are, too.',
    ),
  organizations: z
    .array(
      z.strictObject({
        id: z.uuid().describe('Id of the organization.'),
        url: baseUrl()
          .default('https://api.smith.langchain.com')
          .describe('Base URL of the API: that of another region, or of an installation of your own.'),
        serviceKey: secretText().describe(
          'Service key of the organization with the role Organization Admin.',
        ),
      }),
    )
    .default([])
    .describe('Organizations whose service keys may leak; asked in this order.'),
});

export type LangsmithConfig = z.output<typeof config>;
