/** What an operator configures about keys in GitLab. */
import { z } from 'zod';
import { gitlabInstance } from '../../src/provider/kit/gitlab-instance.ts';

export const config = z.strictObject({
  instances: z
    .array(gitlabInstance)
    .default([])
    .describe(
      'GitLab instances from which leaked keys are removed; those without an administrator token are left out.',
    ),
});

export type SshConfig = z.output<typeof config>;
