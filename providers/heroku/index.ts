/**
 * Heroku API keys and OAuth access tokens.
 *
 * Docs: https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization; the session's call and the
 * way in which tokens are shown are those of Heroku's own command line (`heroku logout`, heroku-cli-command,
 * src/login.ts); checked 2026-11-28.
 *
 * - A token is revoked by the id of its authorization, which it looks up in the list of its own user. The list shows
 *   some tokens whole and some as a beginning, ten asterisks, and maybe an ending.
 * - Tokens of a login through the browser have a session instead, which is `~` to the token itself.
 * - Heroku pages by a `Range` header: 206 and `Next-Range`; the end is 200, or has `Prev-Range` alone. A bare 206 was cut.
 * - The account's API key of the dashboard is such an authorization, too: deleting it logs out whoever uses that key.
 * - Revoking an authorization ends its refresh token, too.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { matching } from './matching.ts';

const config = z.strictObject({});

export type HerokuConfig = z.output<typeof config>;

const HOST = 'https://api.heroku.com';

const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_heroku_api_key'],
  pattern: new RegExp(`(?<![\\w-])(?:HRKU-(?:[\\w-]{60}|${UUID})|${UUID})(?![\\w-])`),
  effect: 'token',
  possession: 'one-fits',
  places: { all: [HOST] },
  // A detection rule that begins at a word finds the end of a prefixed token, too.
  whole: (token) => token.startsWith('HRKU-'),
  undo: 'no',
};

export const heroku: ProviderDefinition<HerokuConfig> = {
  id: 'heroku',
  title: 'Heroku',
  docs: 'https://devcenter.heroku.com/articles/platform-api-reference#oauth-authorization',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: "the token's own session, or the only authorization of its user that shows it or may be it",
  proof: 'the API no longer lets the token in',
  effect: 'the token and its own refresh token',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream(HOST);
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, token, step),
      async verify(token, { signal }) {
        const account = { method: 'GET', path: '/account', headers: headersOf(token), signal } as const;
        const { means } = await ask(upstream, account, [row([200], RECORD, 'alive'), ...REFUSALS]);
        if (means === 'suspended') throw suspended(upstream);
        return means === 'not-let-in' ? 'dead' : 'alive';
      },
    };
  },
};

const RECORD = z.object({ id: z.string() });
const AUTHORIZATIONS = z.array(
  z.object({ id: z.uuid(), access_token: z.object({ token: z.string() }).nullish() }),
);
const error = (id: string) => z.object({ id: z.literal(id) });

/** What Heroku may answer to any call, as its reference lists the errors. */
const REFUSALS = [
  row([401], error('unauthorized'), 'not-let-in'),
  row([403], error('forbidden'), 'forbidden'),
  row([402], error('delinquent'), 'suspended'),
  row([403], error('suspended'), 'suspended'),
];

const NOT_PERMITTED = refused(
  'not-permitted',
  'The token lacks the right to see its own authorization: its owner must revoke it in the account settings of Heroku.',
);
const NOT_FOUND = refused(
  'manual',
  'Heroku takes this token but shows no authorization or session of it: its owner must revoke it in the account settings of Heroku.',
);
const SEVERAL =
  'The token works, and Heroku shows several authorizations that may be it: its owner must revoke it in the account settings of Heroku.';

const PAGE_SIZE = 200;
const MAX_PAGES = 20;

async function revoke(upstream: Upstream, token: Secret, step: Step): Promise<RevokeResult> {
  const listed = await readAuthorizations(upstream, token, step);
  // A list that was not read to its end may hold another one that fits.
  if (listed === undefined) return refused('ambiguous', SEVERAL);
  if (typeof listed === 'string') return ending(upstream, listed);
  step.sawAlive(HOST);

  const { by, ids } = matching(token, listed);
  const [id, ...others] = ids;
  if (id === undefined) return remove(upstream, '/oauth/sessions/~', token, step);
  if (others.length > 0) {
    return refused('ambiguous', SEVERAL, { candidates: ids.map((each) => ({ authorizationId: each })) });
  }
  step.prove(by);
  return remove(upstream, `/oauth/authorizations/${id}`, token, step);
}

/** Undefined when there are more than Quash reads; a word when Heroku does not show them to this token. */
function readAuthorizations(upstream: Upstream, token: Secret, { signal }: Step) {
  return readPages(`id ..; max=${PAGE_SIZE}`, MAX_PAGES, async (range) => {
    const headers = { ...headersOf(token), range };
    const list = { method: 'GET', path: '/oauth/authorizations', headers, signal } as const;
    const { means, answer } = await ask(upstream, list, [
      row([200, 206], AUTHORIZATIONS, (items) => ({ items })),
      ...REFUSALS,
    ]);
    if (typeof means === 'string') return means;
    if (answer.status !== 206) return { ...means, next: undefined };
    const next = answer.header('next-range');
    if (!next && !answer.header('prev-range')) throw unexpected(upstream, answer);
    return { ...means, next: next || undefined };
  });
}

async function remove(
  upstream: Upstream,
  path: string,
  token: Secret,
  { signal }: Step,
): Promise<RevokeResult> {
  const { means } = await ask(upstream, { method: 'DELETE', path, headers: headersOf(token), signal }, [
    row([200], RECORD, 'revoked'),
    row([404], error('not_found'), 'absent'),
    ...REFUSALS,
  ]);
  if (means === 'revoked') return revoked();
  return means === 'absent' ? NOT_FOUND : ending(upstream, means);
}

function ending(upstream: Upstream, means: 'not-let-in' | 'forbidden' | 'suspended'): RevokeResult {
  if (means === 'suspended') throw suspended(upstream);
  return means === 'forbidden' ? NOT_PERMITTED : unknownAt([HOST]);
}

function suspended({ base }: Upstream): Failure {
  return new Failure('suspended', { target: base });
}

function headersOf(token: Secret) {
  return { accept: 'application/vnd.heroku+json; version=3', authorization: bearer(token) };
}
