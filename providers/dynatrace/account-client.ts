/** Calls as an OAuth client of an account, whose own tokens live for minutes. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { PlatformAccount } from './config.ts';

const GRANT = z.object({ access_token: z.string().min(1) }).transform(({ access_token }) => ({
  granted: new Secret(access_token),
}));
const OAUTH_ERROR = z.object({ error: z.string() });

/** Signs in, for a call or two. */
export function accountClient(
  { uuid, clientId, clientSecret }: PlatformAccount,
  tools: Tools,
): (signal: AbortSignal) => Promise<OperatorCall> {
  const login = tools.upstream('https://sso.dynatrace.com');
  const upstream = tools.upstream('https://api.dynatrace.com');
  return async (signal) => {
    const form = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: 'account-idm-read account-idm-write',
      resource: `urn:dtaccount:${uuid}`,
    };
    const accept = 'application/json';
    const path = '/sso/oauth2/token';
    const request = { method: 'POST', path, headers: { accept }, form, readOnly: true, signal } as const;
    const { means, answer } = await ask(login, request, [
      row([200], GRANT, (grant) => grant),
      row([400], OAUTH_ERROR, 'credential-refused'),
      row([401], 'credential-refused'),
      row([403], 'permission-missing'),
    ]);
    if (typeof means === 'string') throw new Failure(means, { target: login.base, status: answer.status });
    return operatorCalls(upstream, { authorization: bearer(means.granted), accept });
  };
}
