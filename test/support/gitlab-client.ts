import {
  createGitlabClient,
  type GitlabClient,
  type GitlabClientOptions,
} from '../../src/fakes/gitlab-client.ts';
import { PATIENCE_MS } from './patience.ts';

/** GitLab as the client of a Quash; it tries once unless told otherwise. */
export function gitlabClientOf(
  { apiUrl }: { readonly apiUrl: string },
  token: string,
  more: Partial<GitlabClientOptions> = {},
): GitlabClient {
  return createGitlabClient({
    typesUrl: `${apiUrl}/v1/revocable_token_types`,
    revokeUrl: `${apiUrl}/v1/revoke_tokens`,
    token,
    maxRetries: 0,
    timeoutMs: PATIENCE_MS,
    ...more,
  });
}
