/** The operator's keys. */
import { z } from 'zod';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  superuserToken: secretText()
    .optional()
    .describe('Of a superuser, with scope `global`, for automation tokens that cannot revoke themselves.'),
});

export type FastlyConfig = z.output<typeof config>;
