import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { secretText } from '../../src/words/secret-text.ts';

export const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the instance, without `/api`.'),
        admin: z
          .strictObject({
            username: z.string().min(1).describe('Of an administrator without a second factor.'),
            password: secretText().describe('Of that administrator; Gitea and Forgejo take no token for it.'),
          })
          .optional()
          .describe('For Gitea and Forgejo; on Gogs a token ends itself.'),
      }),
    )
    .default([])
    .describe('Instances that may have issued a token; asked in this order.'),
});

export type GiteaConfig = z.output<typeof config>;
export type Instance = GiteaConfig['instances'][number];
