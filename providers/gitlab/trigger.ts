/**
 * Pipeline trigger tokens are deleted, by an administrator's token: what GitLab calls their revocation only ends them
 * (`expires_at`), and that keeps nobody from triggering pipelines (`app/services/ci/pipeline_trigger_service.rb`), while
 * the project no longer shows or deletes such a token.
 *
 * Docs: https://docs.gitlab.com/api/graphql/reference/#mutationpipelinetriggerdelete, which needs no project, and
 * `app/graphql/mutations/ci/pipeline_trigger/delete.rb`; checked 2026-11-30.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { credentialFailure, refused } from '../../src/provider/kit/results.ts';
import type { AdminApi } from './admin-calls.ts';

export const TRIGGER_KEPT = refused(
  'not-permitted',
  'GitLab did not delete this pipeline trigger token: delete it in the CI/CD settings of its project.',
);

export const DELETE_TRIGGER = `mutation($id: CiTriggerID!) {
  pipelineTriggerDelete(input: { id: $id }) { errors }
}`;

const DELETED = z.object({
  data: z.object({ pipelineTriggerDelete: z.object({ errors: z.array(z.unknown()).max(0) }) }),
});
const REFUSED = z.union([
  z.object({ errors: z.array(z.object({ message: z.string() })).min(1) }),
  z.object({ data: z.object({ pipelineTriggerDelete: z.object({ errors: z.array(z.unknown()).min(1) }) }) }),
]);
/** In maintenance mode, and as a Geo secondary, whatever the sentence for people is. */
const READ_ONLY = 'You cannot perform write operations on a read-only instance';

/** @throws {Failure} */
export async function deleteTrigger(
  { upstream, adminToken }: AdminApi,
  id: number,
  signal: AbortSignal,
): Promise<'done' | 'refused'> {
  const answer = await upstream.request({
    ...{ method: 'POST', path: '/api/graphql', headers: { 'PRIVATE-TOKEN': adminToken } },
    json: { query: DELETE_TRIGGER, variables: { id: `gid://gitlab/Ci::Trigger/${id}` } },
    ...{ statuses: [200, 401, 403], signal },
  });
  if (answer.status !== 200) throw credentialFailure(upstream, answer);
  if (answer.maybeJson(DELETED)) return 'done';
  const said = answer.json(REFUSED);
  const isReadOnly = 'errors' in said && said.errors.some(({ message }) => message.startsWith(READ_ONLY));
  if (isReadOnly) throw new Failure('unavailable', { target: upstream.base });
  return 'refused';
}
