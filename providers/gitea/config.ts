import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl('/api/v1').describe('Base URL of the instance, without `/api`.'),
        admin: z
          .strictObject({
            username: z.string().min(1).describe('Of an administrator.'),
            password: secretText().describe(
              'An access token of that administrator with the scope `write:user`, where the instance takes one for a password, as Gitea does; else the password, which works without a second factor alone.',
            ),
          })
          .optional()
          .describe(
            'For Forgejo, and for tokens of Gitea without the scope `write:user`; all others end themselves.',
          ),
      }),
    )
    .default([])
    .describe('Instances that may have issued a token; asked in this order.'),
});

export type GiteaConfig = z.output<typeof config>;
export type Instance = GiteaConfig['instances'][number];
