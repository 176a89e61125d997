/** The provider's own keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

const name = () => z.string().regex(/^[a-z0-9_-]{1,64}$/, 'expected a name as in the URL of its page');

export const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        username: name().describe('Docker ID of the user.'),
        password: secretText().describe('Password of the user; a token may not manage tokens.'),
      }),
    )
    .default([])
    .describe('Users whose personal access tokens may leak; asked in this order.'),
  organizations: z
    .array(
      z.strictObject({
        name: name().describe('Name of the organization.'),
        username: name().describe('Docker ID of one of its owners.'),
        password: secretText().describe('Password of that owner.'),
      }),
    )
    .default([])
    .describe('Organizations whose access tokens may leak; asked in this order.'),
});

export type DockerhubConfig = z.output<typeof configSchema>;
