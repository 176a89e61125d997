/** Signs in at Entra: as Quash's own application, or with a secret that has leaked. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { type OperatorRequest, sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Cloud } from './config.ts';

export interface Credentials {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** The id of Azure DevOps. */
export const DEVOPS_SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default';

export interface Directory {
  /** @param scope of the access token for this upstream */
  sender(scope: string): (upstream: Upstream, request: OperatorRequest) => Promise<Answer>;
  signIn(clientId: string, secret: Secret, scope: string, signal: AbortSignal): Promise<SignIn>;
}

type SignIn =
  | { readonly ok: true; readonly token: Secret; readonly expiresInSeconds: number }
  /** Numbers of Entra's errors, such as 7000215 for AADSTS7000215. */
  | { readonly ok: false; readonly errors: readonly number[]; readonly status: number };

const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const DECLINED = z.object({ error: z.string(), error_codes: z.array(z.number()).default([]) });

/** The scope for whatever the application may do at this host. */
export function scopeOf(url: string): string {
  return `${url}/.default`;
}

export function createDirectory(own: Credentials, { login: url }: Cloud, tools: Tools): Directory {
  const login = tools.upstream(url);

  const signIn: Directory['signIn'] = async (clientId, secret, scope, signal) => {
    const answer = await login.request({
      method: 'POST',
      path: `/${own.tenantId}/oauth2/v2.0/token`,
      form: { grant_type: 'client_credentials', client_id: clientId, client_secret: secret, scope },
      readOnly: true,
      statuses: [200, 400, 401],
      signal,
    });
    if (answer.status !== 200) {
      return { ok: false, errors: answer.json(DECLINED).error_codes, status: answer.status };
    }
    const { access_token, expires_in } = answer.json(ISSUED);
    return { ok: true, token: new Secret(access_token), expiresInSeconds: expires_in };
  };

  return {
    signIn,
    sender(scope) {
      const accessTokens = createAccessTokens(tools.clock, async (signal) => {
        const result = await signIn(own.clientId, own.clientSecret, scope, signal);
        if (result.ok) return result;
        throw new Failure('credential-refused', { target: login.base, status: result.status });
      });
      return (upstream, request) => sessionCalls(upstream, accessTokens)(request);
    },
  };
}
