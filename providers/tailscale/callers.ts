/** Who makes the calls about a key: the key itself, or the operator's OAuth client. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { credentialFailure, type Sign, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { TailscaleConfig } from './config.ts';

/** Whoever makes the calls about a key. */
export interface Caller {
  authorization(signal: AbortSignal): Promise<Secret>;
  /** What a 401 or 403 means. @throws {Failure} when it is a refusal of our credential */
  declined(answer: Answer): 'refused' | 'shut-out' | 'not-permitted';
}

export const ERROR = z.object({ message: z.string() });
const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
/** Also of OAuth clients: https://github.com/tailscale/gitops-acl-action/issues/33. */
const INVALID = z.object({ message: z.string().regex(/API token/i) });
const REFUSED: Sign = { status: 401, body: INVALID };

export function keyItself(upstream: Upstream, token: Secret): Caller {
  return {
    authorization: async () => bearer(token),
    declined(answer) {
      if (shows(answer, [REFUSED])) return 'refused';
      if (answer.maybeJson(ERROR) === undefined) throw unexpected(upstream, answer);
      // Another reason may pass.
      return answer.status === 401 ? 'shut-out' : 'not-permitted';
    },
  };
}

export function createOperator(
  upstream: Upstream,
  client: NonNullable<TailscaleConfig['oauthClient']>,
  { clock }: Tools,
): Caller {
  const tokens = createAccessTokens(clock, async (signal) => {
    const issued = await logIn(upstream, client, signal);
    if (typeof issued === 'string') throw new Failure('credential-refused', { target: upstream.base });
    return { token: new Secret(issued.access_token), expiresInSeconds: issued.expires_in };
  });
  return {
    authorization: async (signal) => bearer(await tokens.get(signal)),
    declined(answer) {
      tokens.forget();
      throw credentialFailure(upstream, answer);
    },
  };
}

/**
 * What the client is given, which ends with the client. `refused`: there is no such client; `shut-out`: it is not let in for
 * another reason, which may pass.
 */
export async function logIn(
  upstream: Upstream,
  { id, secret }: NonNullable<TailscaleConfig['oauthClient']>,
  signal: AbortSignal,
): Promise<z.output<typeof ISSUED> | 'refused' | 'shut-out'> {
  const request = {
    method: 'POST',
    path: '/api/v2/oauth/token',
    form: { client_id: id, client_secret: secret },
    readOnly: true,
    signal,
  } as const;
  const { means } = await ask<AnswerRow<z.output<typeof ISSUED> | 'refused' | 'shut-out'>>(
    upstream,
    request,
    [
      row([200], ISSUED, (issued) => issued),
      row([401], INVALID, 'refused'),
      row([400, 401], z.object({ error: z.literal('invalid_client') }), 'refused'),
      row([400, 401, 403], ERROR.or(z.object({ error: z.string() })), 'shut-out'),
    ],
  );
  return means;
}
