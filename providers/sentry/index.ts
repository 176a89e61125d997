/**
 * Sentry: auth tokens of organizations.
 *
 * Docs: https://docs.sentry.io/api/organizations/revoke-an-org-auth-token/, https://docs.sentry.io/api/pagination/ and
 * Sentry's source (`api/endpoints/org_auth_tokens.py`, `api/authentication.py`); checked 2026-11-30.
 *
 * - Only the token of an OAuth application with the scope `org:tokens` may list and revoke them. Personal tokens, tokens of
 *   organizations and of integrations may not.
 * - The list, which has no pages, shows the last four characters of each token, of which there must be one record alone.
 *   That the token is of the organization shows its list of releases (`api/bases/organization.py`), which no other may read.
 * - The organization and the address inside a token are the reporter's words: they are not used.
 * - Personal tokens (`sntryu_`) are left out: only their user, signed in to the site, may revoke them.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, suspended, unexpected, worksElsewhere } from '../../src/provider/kit/results.ts';
import { unlistedSight } from '../../src/provider/kit/unlisted.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const KIND: TokenKind = {
  id: 'org-token',
  types: ['gitleaks_rule_id_sentry-org-token'],
  pattern: /(?<![\w+/-])sntrys_eyJ[A-Za-z0-9+/]{60,1000}={0,2}_[A-Za-z0-9+/]{43}(?![\w+/=-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Only the configured organizations are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        url: baseUrl()
          .default('https://sentry.io')
          .describe('Base URL of Sentry, of the region such as https://de.sentry.io, or of your own server.'),
        slug: z
          .string()
          .regex(/^[\w-]+$/)
          .describe('The slug of the organization.'),
        oauthToken: secretText().describe(
          'The token of an OAuth application, with the scopes org:tokens and org:admin.',
        ),
      }),
    )
    .default([])
    .describe('Organizations whose tokens may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const INDEX = z.object({ version: z.string(), auth: z.looseObject({}) });
const DETAIL = z.object({ detail: z.string() });
const INVALID = z.object({ detail: z.string().regex(/^Invalid (?:org )?token/) });
/** No number that JSON may have rounded to that of another record. */
const ID = z.union([z.string().min(1), z.int()]).transform(String);
const TOKENS = z.array(z.object({ id: ID, tokenLastCharacters: z.string().nullish() }));
const GOES_ON = /rel="next"; *results="true"/;

const ELSEWHERE =
  'The token works, and is of no configured organization: add that to providers.sentry.organizations and retry.';
const AMBIGUOUS = refused(
  'ambiguous',
  'The token works, and it cannot be told which record it is of: revoke it under Settings > Auth Tokens.',
);

function organization(
  { url, slug, oauthToken }: Config['organizations'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: bearer(oauthToken) });
  const name = `${upstream.base} ${slug}`;
  const path = `/api/0/organizations/${slug}/org-auth-tokens/`;

  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: '/api/0/', headers: { authorization: bearer(token) } } as const;
    const rows = [row([200], INDEX, true), row([401], INVALID, false)];
    return (await ask(upstream, { ...request, signal }, rows)).means;
  };
  /** Every token of an organization may read its releases, and nobody else's. */
  const belongs = async (token: Secret, signal: AbortSignal) => {
    const path = `/api/0/organizations/${slug}/releases/`;
    const headers = { authorization: bearer(token) };
    const request = { method: 'GET', path, query: { per_page: 1 }, headers, signal } as const;
    return ask(upstream, request, [row([200], z.array(z.unknown()), true), row([403, 404], DETAIL, false)]);
  };
  const listed = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    if (GOES_ON.test(answer.header('link') ?? '')) throw unexpected(upstream, answer);
    return answer.json(TOKENS);
  };

  return {
    name,
    async look(token, step, known): Promise<Sight<string>> {
      const { signal } = step;
      if (!(await works(token, signal))) return { state: 'absent' };
      const { means: isOurs, answer } = await belongs(token, signal);
      if (!isOurs) {
        // It was let in before, so it is no death that it is not now.
        if (known !== undefined) throw suspended(upstream, answer.status);
        return worksElsewhere(ELSEWHERE);
      }
      const isAlike = (ending?: string | null) => mayBe(token.reveal(), `...${ending ?? ''}`);
      const [only, ...others] = (await listed(signal)).filter((each) => isAlike(each.tokenLastCharacters));
      if (!only) return unlistedSight(step, tools.clock, AMBIGUOUS, name);
      if (others.length > 0) return { state: 'unable', refusal: AMBIGUOUS };
      const { id: found } = only;
      return { state: 'alive', found, by: 'one-fits', toldBy: 'text', evidence: { tokenId: found } };
    },
    isThere: async (id, signal) => (await listed(signal)).some((each) => each.id === id),
    async revoke(id, _token, { signal }) {
      const request = { method: 'DELETE', path: `${path}${encodeURIComponent(id)}/` } as const;
      await call({ ...request, statuses: [204], notFound: DETAIL, signal });
      return revoked();
    },
    verify: async (_id, token, { signal }) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await listed(signal);
    },
  };
}

export const sentry: ProviderDefinition<Config> = {
  id: 'sentry',
  title: 'Sentry',
  docs: 'https://docs.sentry.io/api/organizations/revoke-an-org-auth-token/',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the organization lets the token in, and one alone of its tokens ends like it',
  proof: 'Sentry does not let the token in any more',
  effect: 'the token only',
  needs:
    'the slug of each organization and the token of an OAuth application with the scopes org:tokens and org:admin',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organization(each, tools)),
      {
        found: z.string(),
        copies: true,
        unknown:
          'No configured Sentry lets this token in: if it is of another one, add that to providers.sentry.organizations and retry.',
        rights: 'It must be the token of an OAuth application with the scopes org:tokens and org:admin.',
        log: tools.log,
      },
    ),
  }),
};
