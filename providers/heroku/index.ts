/**
 * Heroku API keys and OAuth access tokens.
 *
 * Docs: https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization; the session's call is that of
 * Heroku's own command line (`heroku logout`); checked 2026-11-21.
 *
 * - A token is revoked by the id of its authorization. It lists the authorizations of its user, and the one that shows
 *   the whole token is its own; an authorization that shows less is never taken for it.
 * - Tokens of a login through the browser have a session instead, which is `~` to the token itself.
 * - Heroku pages by a `Range` header: 206 and `Next-Range` until the end.
 * - The account's API key of the dashboard is such an authorization, too: deleting it logs out whoever uses that key.
 * - Revoking an authorization ends its refresh token, too.
 */
import { z } from 'zod';
import {
  alreadyInactive,
  livenessOf,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type HerokuConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_heroku_api_key'],
  pattern:
    /(?<![\w-])(?:HRKU-[\w-]{36,60}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})(?![\w-])/,
  effect: 'token',
};

export const heroku: ProviderDefinition<HerokuConfig> = {
  id: 'heroku',
  title: 'Heroku',
  docs: 'https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization',
  stability: 'beta',
  exactness: 'the authorization that shows the whole token',
  proof: 'the API no longer lets the token in',
  effect: 'the token and its own refresh token',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream('https://api.heroku.com');
    return {
      kinds: [KIND],
      revoke: (token, { signal }) => revoke(upstream, token, signal),
      verify: (token, { signal }) => verify(upstream, token, signal),
    };
  },
};

const RECORD: Sign = { status: 200, body: z.object({ id: z.string() }) };
const UNAUTHORIZED: Sign = { status: 401, body: z.object({ id: z.literal('unauthorized') }) };
const FORBIDDEN: Sign = { status: 403, body: z.object({ id: z.literal('forbidden') }) };
const ABSENT: Sign = { status: 404, body: z.object({ id: z.literal('not_found') }) };
const AUTHORIZATIONS = z.array(
  z.object({ id: z.uuid(), access_token: z.object({ token: z.string() }).nullish() }),
);

const NOT_PERMITTED = refused(
  'not-permitted',
  'The token lacks the right to see its own authorization: its owner must revoke it in the account settings of Heroku.',
);
const NOT_FOUND = refused(
  'manual',
  'Heroku takes this token but shows no authorization or session of it: its owner must revoke it in the account settings of Heroku.',
);

const PAGE_SIZE = 200;
const MAX_PAGES = 20;

async function revoke(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<RevokeResult> {
  let range: string | undefined = `id ..; max=${PAGE_SIZE}`;
  for (let page = 0; page < MAX_PAGES && range !== undefined; page++) {
    const answer = await upstream.request({
      method: 'GET',
      path: '/oauth/authorizations',
      headers: { ...headersOf(token), range },
      statuses: [200, 206, 401, 403],
      signal,
    });
    if (shows(answer, [UNAUTHORIZED])) return alreadyInactive();
    if (shows(answer, [FORBIDDEN])) return NOT_PERMITTED;
    if (answer.status > 206) throw unexpected(upstream, answer);
    const own = answer.json(AUTHORIZATIONS).find((each) => each.access_token?.token === token.reveal());
    if (own) return remove(upstream, `/oauth/authorizations/${own.id}`, token, signal);
    range = answer.status === 206 ? answer.header('next-range') : undefined;
  }
  return remove(upstream, '/oauth/sessions/~', token, signal);
}

async function remove(
  upstream: Upstream,
  path: string,
  token: Secret,
  signal: AbortSignal,
): Promise<RevokeResult> {
  const answer = await upstream.request({
    method: 'DELETE',
    path,
    headers: headersOf(token),
    statuses: [200, 401, 403, 404],
    signal,
  });
  if (shows(answer, [RECORD])) return revoked();
  if (shows(answer, [UNAUTHORIZED])) return alreadyInactive();
  if (shows(answer, [FORBIDDEN])) return NOT_PERMITTED;
  if (shows(answer, [ABSENT])) return NOT_FOUND;
  throw unexpected(upstream, answer);
}

async function verify(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Liveness> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/account',
    headers: headersOf(token),
    statuses: [200, 401, 403],
    signal,
  });
  return livenessOf(upstream, answer, { dead: [UNAUTHORIZED], alive: [RECORD, FORBIDDEN] });
}

function headersOf(token: Secret) {
  return { accept: 'application/vnd.heroku+json; version=3', authorization: bearer(token) };
}
