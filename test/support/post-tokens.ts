import { request } from 'undici';
import { findings } from '../../src/fakes/gitlab-client.ts';

/** GitLab's own access tokens: what the fake GitLab calls `personal`. */
export const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

/**
 * Reports access tokens as GitLab does, once.
 * @returns whether they were acknowledged; a connection that breaks is no acknowledgement
 */
export async function postTokens(
  apiUrl: string,
  authorization: string,
  tokens: readonly string[],
): Promise<boolean> {
  const elements = findings(tokens.length, { type: PAT_TYPE, token: (i) => tokens[i] ?? null });
  try {
    const answer = await request(`${apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(elements),
    });
    await answer.body.dump();
    return answer.statusCode === 204;
  } catch {
    return false;
  }
}
