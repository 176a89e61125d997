/**
 * Mapbox access tokens.
 *
 * Docs: https://docs.mapbox.com/api/accounts/tokens/#retrieve-a-token, .../#delete-a-token; checked 2026-11-21.
 *
 * - The API takes tokens in the query only, the leaked one and ours alike.
 * - A token asked about itself names its account and its id; what the token's own payload says is not relied on.
 * - A token deletes itself when it has the scope `tokens:write`, which few have. Else one of the same account is needed.
 *   403 and 404 mean "no such right" as well as "no such token", so neither is a sign of death.
 * - `TokenInvalid` and `TokenMalformed` are what a token gets that was cut or never signed: they say nothing of the one
 *   that leaked. `TokenRevoked` and `TokenExpired` are said of the very token.
 * - Mapbox in China has an API of its own, which is not asked.
 * - Public tokens (`pk.`) are made to be seen, so they go to a person. GitLab has one rule for those and one for secret
 *   tokens (`sk.`); the text decides.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { look, name, remove } from './calls.ts';

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        username: name.describe('Name of the account.'),
        token: secretText().describe('Of this account, with the scope `tokens:write`.'),
      }),
    )
    .default([])
    .describe('Accounts whose tokens can be deleted even when they cannot delete themselves.'),
});

export type MapboxConfig = z.output<typeof config>;

const SECRET: TokenKind = {
  id: 'secret-token',
  types: ['gitleaks_rule_id_mapboxsecretapitoken', 'gitleaks_rule_id_mapbox_api_token'],
  pattern: /(?<![\w.-])sk\.eyJ[\w-]+\.[\w-]+/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Mapbox in China has an API of its own.' },
  whole: 'open',
  undo: 'no',
};
const PUBLIC: TokenKind = {
  id: 'public-token',
  types: ['gitleaks_rule_id_mapbox_api_token'],
  pattern: /(?<![\w.-])pk\.eyJ[\w-]+\.[\w-]+/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Nobody is asked about a public token.' },
  whole: 'open',
  undo: 'no',
};

export const mapbox: ProviderDefinition<MapboxConfig> = {
  id: 'mapbox',
  title: 'Mapbox',
  docs: 'https://docs.mapbox.com/api/accounts/tokens/#delete-a-token',
  stability: 'beta',
  exactness: "the token's own id, asked with itself",
  proof: 'the API says that the token was revoked',
  effect: 'the token only; public tokens go to a person',
  needs: 'nothing for tokens that may delete tokens; for others a token of the same account',
  types: SECRET.types,
  config,
  create({ accounts }, tools) {
    const upstream = tools.upstream('https://api.mapbox.com');
    return {
      kinds: [SECRET, PUBLIC],
      revoke: async (token, step) =>
        step.kind === PUBLIC.id ? MEANT_TO_BE_SEEN : revoke(upstream, accounts, token, step),
      async verify(token, { signal }) {
        // It was valid before it was deleted, so here "invalid" means that it is gone.
        const { code } = await look(upstream, token, signal);
        return code === 'TokenValid' ? 'alive' : 'dead';
      },
      check: (signal) => Promise.all(accounts.map((account) => check(upstream, account, signal))),
    };
  },
};

const MALFORMED = refused(
  'unrecognised',
  'Mapbox did not sign this token: it was cut, or it never was one. Look at the leak itself.',
);
const MEANT_TO_BE_SEEN = refused(
  'unsupported-kind',
  'A public token is made to be seen: look whether it is misused, and delete it by hand if it has no URL restrictions.',
);

type Account = MapboxConfig['accounts'][number];

async function revoke(
  upstream: Upstream,
  accounts: readonly Account[],
  token: Secret,
  step: Step,
): Promise<RevokeResult> {
  const { signal } = step;
  const seen = await look(upstream, token, signal);
  if (seen.code === 'TokenInvalid' || seen.code === 'TokenMalformed') return MALFORMED;
  if (seen.code !== 'TokenValid') return alreadyInactive();

  const { user, authorization: id } = seen.token;
  step.sawAlive(upstream.base);
  step.prove('signs-in');
  const path = `/tokens/v2/${user}/${id}`;
  const evidence = { account: user, id };
  const bySelf = await remove(upstream, path, token, signal);
  if (bySelf.status === 204) return revoked(evidence);
  if (bySelf.maybeJson(z.object({ message: z.string() })) === undefined) throw unexpected(upstream, bySelf);

  const account = accounts.find(({ username }) => username === user);
  if (!account) {
    return refused(
      'not-permitted',
      'This token may not delete itself: configure a token of its account with the scope tokens:write, or delete it by hand.',
      evidence,
    );
  }
  const byAccount = await remove(upstream, path, account.token, signal);
  if (byAccount.status === 204) return revoked(evidence);
  if (byAccount.status === 404) throw unexpected(upstream, byAccount);
  throw credentialFailure(upstream, byAccount);
}

function check(upstream: Upstream, { username, token }: Account, signal: AbortSignal) {
  return checkOf(
    `Mapbox token of ${username}`,
    async () => {
      const seen = await look(upstream, token, signal);
      const fits = seen.code === 'TokenValid' && seen.token.user === username;
      if (!fits) throw new Failure('credential-refused', { target: upstream.base, status: 401 });
    },
    {
      refused:
        'Mapbox refused the token, or it is of another account: create one there with the scope tokens:write.',
      forbidden: 'The token must have the scope tokens:write.',
    },
  );
}
