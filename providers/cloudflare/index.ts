/**
 * Cloudflare API tokens, of users and of accounts.
 *
 * Docs: https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/delete/,
 * https://developers.cloudflare.com/api/resources/accounts/subresources/tokens/methods/delete/ and
 * https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/, checked 2026-11-21.
 *
 * - Every token may ask for its own id; deleting itself it may only with the right `API Tokens Write`, which few have.
 * - `cfut_` is a user's, `cfat_` an account's; older tokens are 40 characters that do not say whose they are. A token
 *   is known at its home only: a user's tokens below `/user`, an account's below `/accounts/<id>`, where others are
 *   "invalid". So that answer proves something at the home alone, which is remembered.
 * - Disabling means sending all of a token's rights again, where a mistake could widen them: it is deleted instead.
 * - Global API keys (`cfk_`, or 37 hex characters) can only be changed in the dashboard and are not taken.
 */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { alreadyInactive, refused } from '../../src/provider/kit/results.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { look, remove, type Sighting } from './calls.ts';

const config = z.strictObject({
  credentials: z
    .array(
      z.strictObject({
        token: secretText().describe(
          'With the right API Tokens Write of a user, or Account API Tokens Write of an account.',
        ),
        accountId: z
          .string()
          .regex(/^[0-9a-f]{32}$/, 'expected 32 hex characters')
          .optional()
          .describe('The account whose tokens it may delete; without it, those of its own user.'),
      }),
    )
    .default([])
    .describe('Tokens that delete what cannot delete itself.'),
});
export type CloudflareConfig = z.output<typeof config>;
type Credential = CloudflareConfig['credentials'][number];

const KIND: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_cloudflare-api-key'],
  pattern: /(?<![\w-])(?:cf[ua]t_[\w-]{40,64}|(?!cf[ua]t_|cfk_)[\w-]{40})(?![\w-])/,
  effect: 'token',
};

const UNKNOWN = refused(
  'unknown-token',
  'Neither Cloudflare users nor the configured accounts know this token: if it is of another account, add a credential for that to providers.cloudflare.credentials and retry; otherwise it is gone already and can be dismissed.',
);

/** Path below which the token is known. */
const NOTE = z.object({ home: z.string() });
const USER = '/client/v4/user/tokens';
const homeOf = ({ accountId }: Credential) =>
  accountId === undefined ? USER : `/client/v4/accounts/${accountId}/tokens`;

export const cloudflare: ProviderDefinition<CloudflareConfig> = {
  id: 'cloudflare',
  title: 'Cloudflare',
  docs: 'https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/delete/',
  stability: 'beta',
  exactness: 'the id that the token is given as its own',
  proof: 'the API calls the token invalid where it was valid before',
  effect: 'the token only',
  needs:
    'nothing for tokens with the right to delete tokens; for all others a credential of their user or account',
  types: KIND.types,
  config,
  create,
};

function create({ credentials }: CloudflareConfig, tools: Tools): Provider {
  const upstream = tools.upstream('https://api.cloudflare.com');
  const accounts = [...new Set(credentials.map(homeOf))].filter((home) => home !== USER);

  const homesOf = (token: Secret, step: Step): readonly string[] => {
    const seen = NOTE.safeParse(step.note).data;
    if (seen) return [seen.home];
    if (token.reveal().startsWith('cfut_')) return [USER];
    return token.reveal().startsWith('cfat_') ? accounts : [USER, ...accounts];
  };
  /** The issuer's "invalid" is final only where the token must be known. */
  const isAtHome = (token: Secret, step: Step) =>
    token.reveal().startsWith('cfut_') || NOTE.safeParse(step.note).success;

  return {
    kinds: [KIND],
    async revoke(token, step) {
      for (const home of homesOf(token, step)) {
        const sight = await look(upstream, home, token, step.signal);
        if (sight === 'invalid') continue;
        if (sight.status !== 'active') return alreadyInactive({ tokenId: sight.id, status: statusOf(sight) });
        step.remember({ home } satisfies z.output<typeof NOTE>);
        const ours = credentials.filter((each) => homeOf(each) === home).map((each) => each.token);
        return remove(upstream, `${home}/${encodeURIComponent(sight.id)}`, [token, ...ours], step.signal);
      }
      return isAtHome(token, step) ? alreadyInactive() : UNKNOWN;
    },
    async verify(token, step) {
      for (const home of homesOf(token, step)) {
        const sight = await look(upstream, home, token, step.signal);
        if (sight !== 'invalid') return sight.status === 'active' ? 'alive' : 'dead';
      }
      return isAtHome(token, step) ? 'dead' : 'unknown';
    },
    check: (signal) => Promise.all(credentials.map((each) => check(upstream, each, signal))),
  };
}

/** Only the words that are documented get into the evidence. */
const statusOf = ({ status }: Sighting) => (/^(?:disabled|expired)$/.test(status) ? status : 'other');

function check(upstream: Upstream, credential: Credential, signal: AbortSignal): Promise<CredentialCheck> {
  const { accountId, token } = credential;
  const name = accountId === undefined ? 'token of a user' : `token of the account ${accountId}`;
  return judgedCheck(name, async () => {
    // A user's token may also be the one that manages an account.
    for (const home of new Set([homeOf(credential), USER])) {
      const sight = await look(upstream, home, token, signal);
      if (sight !== 'invalid' && sight.status === 'active') return { ok: true };
    }
    return { ok: false, advice: 'Cloudflare calls it invalid or disabled: configure a new one.' };
  });
}
