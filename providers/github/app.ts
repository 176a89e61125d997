/** Tokens of OAuth apps and GitHub Apps, which the credential of their app deletes. Quirks are listed in `index.ts`. */
import { Failure } from '../../src/provider/failure.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import type { ProviderLog, RevokeResult } from '../../src/provider/provider.ts';
import type { Answer, Body, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { HEADERS } from './host.ts';

/** One of the operator's own OAuth or GitHub Apps, which may delete the tokens that it was given. */
export interface App {
  readonly api: Upstream;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/**
 * An app that cannot be asked keeps nobody from revoking by value, so that is only logged.
 * @returns undefined when the token is of none of these apps
 */
export async function deleteAsApp(
  apps: readonly App[],
  token: Secret,
  { signal, log }: { readonly signal: AbortSignal; readonly log: ProviderLog },
): Promise<RevokeResult | undefined> {
  for (const app of apps) {
    const answer = await call(app, 'DELETE', token, [204, 401, 404, 422], signal).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    if (answer?.status === 204) return revoked({ app: app.clientId });
    if (!answer || answer.status === 401) log.warn('github-app-not-usable', { app: app.clientId });
  }
  return undefined;
}

/** Asks about a token that does not exist: only the app's own credential can be wrong. */
export async function isAppAccepted(app: App, signal: AbortSignal): Promise<boolean> {
  const { status } = await call(app, 'POST', `gho_${'0'.repeat(36)}`, [401, 404, 422], signal);
  return status !== 401;
}

function call(
  { api, clientId, clientSecret }: App,
  method: UpstreamRequest['method'],
  accessToken: Body,
  statuses: readonly number[],
  signal: AbortSignal,
): Promise<Answer> {
  return api.request({
    method,
    path: `/applications/${encodeURIComponent(clientId)}/token`,
    headers: { ...HEADERS, authorization: basic(clientId, clientSecret) },
    json: { access_token: accessToken },
    statuses,
    signal,
    // The first call checks whether a token is the app's; the second one deletes it.
    ...(method === 'POST' && { readOnly: true as const }),
  });
}
