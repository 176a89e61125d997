/** What an operator configures about GitLab. */
import { z } from 'zod';
import { gitlabInstance } from '../../src/provider/kit/gitlab-instance.ts';

export const config = z.strictObject({
  instances: z
    .array(gitlabInstance)
    .min(1)
    .prefault([{ url: 'https://gitlab.com' }])
    .describe(
      'GitLab instances that may have issued a token; the one where it leaked is asked first, then the others in this order.',
    ),
  botTokens: z
    .enum(['revoke', 'admin-delete'])
    .default('revoke')
    .describe(
      'Whether to revoke project and group access tokens only, or to remove their bot users at once, too, as GitLab did before 17.9. A newer one removes them by itself, a month after their last token has ended.',
    ),
});

export type GitlabConfig = z.output<typeof config>;
