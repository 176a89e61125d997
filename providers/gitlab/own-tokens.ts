/** The tokens with which Quash itself works at an instance. */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import type { GitlabInstance } from '../../src/provider/kit/gitlab-instance.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { checkAdmin } from './admin-check.ts';
import { SELF_PATH } from './self-service.ts';

export interface OwnToken {
  readonly name: 'administrator token' | 'read token' | 'write-back token';
  readonly token: Secret;
  /** Any of them is enough. */
  readonly scopes: readonly string[];
}

const SELF = z.object({ scopes: z.array(z.string()) });

/** What GitLab calls the scope of a fine-grained token, whose permissions stand elsewhere. */
const FINE_GRAINED = 'granular';

const TO_READ_FINDINGS = ['read_api', 'api'];
const TO_READ_FILES = [...TO_READ_FINDINGS, 'read_repository'];

export function ownTokens({
  adminToken,
  readToken,
  writeBackToken,
  hookTokens,
  hookSigningKeys,
  sweep,
}: GitlabInstance): readonly OwnToken[] {
  const readsFindings = hookTokens.length + hookSigningKeys.length > 0 || sweep !== undefined;
  const toRead = readsFindings ? TO_READ_FINDINGS : TO_READ_FILES;
  return [
    ...(adminToken ? [{ name: 'administrator token', token: adminToken, scopes: ['api'] } as const] : []),
    ...(readToken ? [{ name: 'read token', token: readToken, scopes: toRead } as const] : []),
    ...(writeBackToken
      ? [{ name: 'write-back token', token: writeBackToken, scopes: ['api'] } as const]
      : []),
  ];
}

export function checkOwnToken(
  upstream: Upstream,
  { name, token, scopes: wanted }: OwnToken,
  signal: AbortSignal,
): Promise<CredentialCheck> {
  if (name === 'administrator token') return checkAdmin({ upstream, adminToken: token }, signal);
  const call = operatorCalls(upstream, { 'PRIVATE-TOKEN': token });
  // Any access token may ask about itself, whatever its scopes; a fine-grained one needs a permission.
  const judge = async () => {
    const { scopes } = (await call({ method: 'GET', path: SELF_PATH, statuses: [200], signal })).json(SELF);
    if (scopes.some((scope) => wanted.includes(scope))) return { ok: true };
    if (scopes.includes(FINE_GRAINED)) {
      const advice = `The token is fine-grained, and GitLab does not tell here what it may do: that it has permissions for what ${wanted[0]} includes shows only when it is used.`;
      return { ok: true, advice };
    }
    return { ok: false, advice: `The token lacks the scope ${wanted[0]}: create one that has it.` };
  };
  return judgedCheck(`${upstream.base} ${name}`, judge, {
    refused: 'GitLab refused the token: it is unknown, revoked or expired. Create a new one.',
    forbidden:
      'GitLab knows the token and does not let it see itself: its user is barred, or it is fine-grained and lacks the permission to read personal access tokens.',
  });
}
