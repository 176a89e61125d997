/** Who makes the calls about a key: the key itself, or the operator's OAuth client. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { credentialFailure, type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { TailscaleConfig } from './index.ts';

/** Whoever makes the calls about a key. */
export interface Caller {
  authorization(signal: AbortSignal): Promise<Secret>;
  /** What a 401 or 403 means. @throws {Failure} when it is a refusal of our credential */
  declined(answer: Answer): 'dead' | 'not-permitted';
}

export const ERROR = z.object({ message: z.string() });
const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const REFUSED: Sign = { status: 401, body: ERROR };

export function keyItself(upstream: Upstream, token: Secret): Caller {
  return {
    authorization: async () => bearer(token),
    declined(answer) {
      if (shows(answer, [REFUSED])) return 'dead';
      if (answer.status === 401 || answer.maybeJson(ERROR) === undefined) throw unexpected(upstream, answer);
      return 'not-permitted';
    },
  };
}

export function createOperator(
  upstream: Upstream,
  { id, secret }: NonNullable<TailscaleConfig['oauthClient']>,
  { clock }: Tools,
): Caller {
  const tokens = createAccessTokens(clock, async (signal) => {
    const answer = await upstream.request({
      method: 'POST',
      path: '/api/v2/oauth/token',
      form: { client_id: id, client_secret: secret },
      statuses: [200, 400, 401, 403],
      signal,
    });
    if (answer.status !== 200) throw new Failure('credential-refused', { target: upstream.base });
    const { access_token: token, expires_in: expiresInSeconds } = answer.json(ISSUED);
    return { token: new Secret(token), expiresInSeconds };
  });
  return {
    authorization: async (signal) => bearer(await tokens.get(signal)),
    declined(answer) {
      tokens.forget();
      throw credentialFailure(upstream, answer);
    },
  };
}
