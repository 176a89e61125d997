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
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  shows,
  unexpected,
} from '../../src/provider/kit.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

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

const ADVICE = {
  unknown:
    'Neither Cloudflare users nor the configured accounts know this token: if it is of another account, add a credential for that to providers.cloudflare.credentials and retry; otherwise it is gone already and can be dismissed.',
  notPermitted:
    'The token works but may not delete itself: add a credential of its user or account to providers.cloudflare.credentials and retry, or delete it in the dashboard.',
} as const;

const SEEN = z.object({ result: z.object({ id: z.string(), status: z.string() }), success: z.literal(true) });
const DONE = z.object({ success: z.literal(true) });
const ERROR = z.object({ success: z.literal(false), errors: z.array(z.object({ code: z.int() })) });
const INVALID = { status: 401, body: ERROR.refine(({ errors }) => errors.some(({ code }) => code === 1000)) };

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
      return isAtHome(token, step) ? alreadyInactive() : refused('unknown-token', ADVICE.unknown);
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

interface Sighting {
  readonly id: string;
  readonly status: string;
}

/** Only the words that are documented get into the evidence. */
const statusOf = ({ status }: Sighting) => (/^(?:disabled|expired)$/.test(status) ? status : 'other');

async function look(
  upstream: Upstream,
  home: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Sighting | 'invalid'> {
  const path = `${home}/verify`;
  const headers = { authorization: bearer(token) };
  const answer = await upstream.request({ method: 'GET', path, headers, statuses: [200, 401], signal });
  if (shows(answer, [INVALID])) return 'invalid';
  if (answer.status !== 200) throw unexpected(upstream, answer);
  return answer.json(SEEN).result;
}

/** The leaked token tries first, then each of ours. */
async function remove(
  upstream: Upstream,
  path: string,
  [leaked, ...ours]: readonly [Secret, ...Secret[]],
  signal: AbortSignal,
): Promise<RevokeResult> {
  const statuses = [200, 400, 401, 403, 404];
  let failure: Failure | undefined;
  for (const credential of [leaked, ...ours]) {
    const headers = { authorization: bearer(credential) };
    const answer = await upstream.request({ method: 'DELETE', path, headers, statuses, signal });
    if (answer.status === 200) {
      answer.json(DONE);
      return revoked();
    }
    if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    const isOurs = credential !== leaked;
    if (isOurs && (answer.status === 401 || answer.status === 403)) {
      failure ??= credentialFailure(upstream, answer);
    }
  }
  if (failure) throw failure;
  return refused('not-permitted', ADVICE.notPermitted);
}

async function check(
  upstream: Upstream,
  credential: Credential,
  signal: AbortSignal,
): Promise<CredentialCheck> {
  const { accountId, token } = credential;
  const name = accountId === undefined ? 'token of a user' : `token of the account ${accountId}`;
  try {
    // A user's token may also be the one that manages an account.
    const homes = [...new Set([homeOf(credential), USER])];
    for (const home of homes) {
      const sight = await look(upstream, home, token, signal);
      if (sight !== 'invalid' && sight.status === 'active') return { name, ok: true };
    }
    return { name, ok: false, advice: 'Cloudflare calls it invalid or disabled: configure a new one.' };
  } catch (error) {
    return { name, ok: false, advice: error instanceof Failure ? error.message : 'The check was given up.' };
  }
}
