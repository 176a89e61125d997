/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  superuserToken: secretText()
    .optional()
    .describe(
      'Of a superuser, with scope `global`, for tokens of its account that may not revoke themselves: those that may only read, and automation tokens.',
    ),
});

export type FastlyConfig = z.output<typeof config>;
