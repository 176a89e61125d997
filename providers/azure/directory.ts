/** Signs in at Entra: as Quash itself, or with a secret that has leaked. */
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { type OperatorRequest, sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Cloud } from './config.ts';
import type { OwnIdentity } from './own-identity.ts';
import { type SignIn, signIn } from './sign-in.ts';

/** The id of Azure DevOps. */
export const DEVOPS_SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default';

export interface Directory {
  readonly tenantId: string;
  /** @param scope of the access token for this upstream */
  sender(scope: string): (upstream: Upstream, request: OperatorRequest) => Promise<Answer>;
  signIn(clientId: string, secret: Secret, scope: string, signal: AbortSignal): Promise<SignIn>;
}

/** The scope for whatever the application may do at this host. */
export function scopeOf(url: string): string {
  return `${url}/.default`;
}

export function createDirectory(own: OwnIdentity, { login: url }: Cloud, tools: Tools): Directory {
  const login = tools.upstream(url);
  return {
    tenantId: own.tenantId,
    signIn: (client_id, client_secret, scope, signal) =>
      signIn(login, own.tenantId, { client_id, client_secret, scope }, signal),
    sender(scope) {
      const accessTokens = createAccessTokens(tools.clock, (signal) => own.issue(scope, signal));
      return (upstream, request) => sessionCalls(upstream, accessTokens)(request);
    },
  };
}
