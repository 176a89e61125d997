/**
 * OAuth 2.0 access tokens of users.
 *
 * Docs: https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token (POST 2/oauth2/revoke)
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { XConfig } from './config.ts';
import { GITLAB_TYPE, HOST, lookAt, OF_NO_APP } from './probe.ts';

/** Ends in `:at:1`, in any of its three encodings; the words that scanners put over a beginning are of its alphabet. */
export const USER_TOKEN: TokenKind = {
  id: 'user-token',
  types: [GITLAB_TYPE],
  pattern: /(?<![\w-])[\w-]{60,150}(?:OmF0OjE|phdDox|E6YXQ6MQ)(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
};

const USER = '/2/users/me';

const OAUTH_ERROR = z.object({ error: z.string() });
const REVOKED = z.object({ revoked: z.literal(true) });

type Client = XConfig['clients'][number];

export function userTokens(clients: readonly Client[], tools: Tools): Part {
  const upstream = tools.upstream(HOST);

  /** What a token of another client gets is not documented: a 200 proves nothing. */
  const revokeAt = async (client: Client, token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await upstream.request({
      method: 'POST',
      path: '/2/oauth2/revoke',
      headers: { authorization: basic(client.clientId, client.clientSecret) },
      form: { token, token_type_hint: 'access_token' },
      statuses: [200, 400, 401, 403],
      signal,
    });
    if (answer.status === 200) {
      answer.json(REVOKED);
      return (await lookAt(upstream, USER, token, signal)) === 'dead';
    }
    const { error } = answer.json(OAUTH_ERROR);
    if (error === 'invalid_client') throw new Failure('credential-refused', { target: upstream.base });
    if (error === 'unauthorized_client') throw new Failure('permission-missing', { target: upstream.base });
    if (error === 'invalid_request' || error === 'invalid_grant') return false;
    throw unexpected(upstream, answer);
  };

  return {
    kinds: [USER_TOKEN],
    isAble: clients.length > 0,
    async revoke(token, step) {
      const { signal } = step;
      if ((await lookAt(upstream, USER, token, signal)) === 'dead') return unknownAt([HOST]);
      step.sawAlive(HOST);
      const taker = await firstSparingTheLane(clients, async (client) =>
        (await revokeAt(client, token, signal)) ? client : undefined,
      );
      if (!taker) return OF_NO_APP;
      return { outcome: 'revoked', proven: true, evidence: { client: taker.clientId } };
    },
    verify: (token, { signal }) => lookAt(upstream, USER, token, signal),
  };
}
