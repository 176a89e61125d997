/** The operator's keys below `providers.atlassian`. */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  sites: z
    .array(baseUrl())
    .default([])
    .describe('Jira sites where a leaked token is tried, such as https://example.atlassian.net.'),
  domains: z
    .array(z.string().regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'expected a domain in lower case'))
    .default([])
    .describe('E-mail domains of your managed accounts; a token is tried with addresses of these only.'),
  organizationKey: secretText()
    .optional()
    .describe(
      'API key of the organization that manages the accounts, from admin.atlassian.com, made without scopes: none of them lets it manage tokens of users.',
    ),
  organizationKeyId: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Id of that key, by which it is told from a leaked one; without it no key of an organization is revoked.',
    ),
});

export type AtlassianConfig = z.output<typeof config>;
