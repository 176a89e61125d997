/** What a person may have gone through: the open secret findings of a GitLab. */
import { z } from '@hono/zod-openapi';
import { FULL_PATH, instanceMeant, type SweepOrder, WHICH_INSTANCE } from '../gitlab/sweep-order.ts';
import { Problem } from '../server/problem.ts';

const path = () => z.string().max(1_024).regex(FULL_PATH, 'expected a full path, e.g. platform/payments');

export const sweepRequest = z
  .strictObject({
    instance: z.string().optional().describe('URL of the instance; needed where several have a `readToken`.'),
    group: path().optional().describe('Path of a group: all projects below it.'),
    project: path().optional().describe('Path of a project.'),
    all: z.literal(true).optional().describe('All projects that the user of `readToken` sees.'),
    since: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Only what was detected at or after this time.'),
  })
  .refine(
    ({ group, project, all }) => [group, project, all].filter((each) => each !== undefined).length === 1,
    {
      message: 'expected one of group, project and all',
    },
  )
  .openapi('Sweep');

/**
 * @param bases of the instances that can be read
 * @throws {Problem} 400
 */
export function orderOf(request: z.output<typeof sweepRequest>, bases: readonly string[]): SweepOrder {
  const { instance, group, project, since } = request;
  const base = instanceMeant(bases, instance);
  if (base === undefined)
    throw new Problem(400, 'Which instance is meant is not clear', { detail: WHICH_INSTANCE });
  return {
    base,
    ...(group !== undefined && { group }),
    ...(project !== undefined && { project }),
    ...(since !== undefined && { since: Date.parse(since) }),
  };
}
