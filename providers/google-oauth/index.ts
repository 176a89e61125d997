/**
 * Google's OAuth access and refresh tokens.
 *
 * Docs: https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke; whether an access token works is
 * asked as Google's own library does (google-auth-library-nodejs, `getTokenInfo`); checked 2026-11-28.
 *
 * - Revoking one token ends the whole grant of its user to its application: every access and refresh token of it.
 * - A token that is expired, revoked, cut or made up gets the same `invalid_token`. What it may be instead differs: an
 *   access token ends within hours in any case, also those of workforce and workload identities, which cannot be revoked;
 *   a refresh token may live for ever.
 * - A revocation may take some time to have effect. Only revoking once more asks whether a refresh token still works, and
 *   it hits nothing else.
 * - Access tokens of service accounts cannot be revoked; they end within hours.
 * - Refresh tokens have two slashes, which JSON may escape and URLs encode.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, emptyRow, row } from '../../src/provider/kit/answers.ts';
import { unknownAt } from '../../src/provider/kit/results.ts';
import type {
  LookResult,
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

const HOST = 'https://oauth2.googleapis.com';

const TRUST = {
  effect: 'wider',
  warning:
    'The application loses all access that this user has granted to it, until the user signs in again.',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
} as const;

const ACCESS: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_google_oauth_access_token'],
  pattern: /(?<![\w-])ya29\.[\w.-]{20,2000}(?![\w-])/,
  ...TRUST,
};
const REFRESH: TokenKind = {
  id: 'refresh-token',
  types: ['gitleaks_rule_id_google_oauth_refresh_token'],
  pattern: /(?:(?<![\w/-])|(?<=%[0-9A-Fa-f]{2}))1(?:\/\/|\\\/\\\/|%2[Ff]%2[Ff])[\w-]{30,500}(?![\w-])/,
  canonical: unescaped,
  // An earlier version kept it as it stood.
  inRequests: unescaped,
  ...TRUST,
};

function unescaped(token: string): string {
  return token.replace(/^1(?:\\\/\\\/|%2F%2F)/i, '1//');
}

const INVALID = z.object({ error: z.literal('invalid_token') });
const NOT_REVOCABLE = z.object({
  error: z.literal('invalid_request'),
  error_description: z.string().regex(/^Token is not revocable/),
});

export const googleOauth: ProviderDefinition<z.output<typeof config>> = {
  id: 'google-oauth',
  title: 'Google OAuth',
  docs: 'https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Google took the revocation, and says of the token afterwards that it is invalid',
  effect: 'all tokens that the user has granted to the application; waits for approval',
  needs: 'nothing',
  types: [...ACCESS.types, ...REFRESH.types],
  unpublished: [...ACCESS.types, ...REFRESH.types],
  config,
  create: (_config, tools) => create(tools),
};

/** Google says that a revocation may take some time. */
const EFFECT_MS = 5_000;

const TAKEN = z.object({ taken: z.literal(true) });

function create(tools: Tools): Provider {
  const upstream = tools.upstream(HOST);
  const inRequests = (token: Secret) => new Secret(REFRESH.inRequests?.(token.reveal()) ?? token.reveal());

  /** What it means that Google does not know a token, as a whole one, and as one that was cut. */
  const unknown = (kind: string): Extract<LookResult, RevokeResult> =>
    kind === ACCESS.id ? { outcome: 'expires' } : unknownAt([HOST]);

  return {
    kinds: [ACCESS, REFRESH],
    async revoke(token, step) {
      const { kind, note, signal } = step;
      const form = { token: inRequests(token) };
      const { means } = await ask(upstream, { method: 'POST', path: '/revoke', form, signal }, [
        row([200], z.strictObject({}), 'taken'),
        // Nothing but the status is documented.
        emptyRow([200], 'taken'),
        row([400], INVALID, 'invalid'),
        row([400], NOT_REVOCABLE, 'not-revocable'),
      ]);
      const wasTaken = TAKEN.safeParse(note).success;
      if (means === 'not-revocable') return { outcome: 'expires' };
      if (means === 'invalid') return wasTaken ? { outcome: 'revoked', proven: true } : unknown(kind);
      if (wasTaken) throw new Failure('still-active', { target: upstream.base });
      step.remember({ taken: true } satisfies z.output<typeof TAKEN>);
      step.sawAlive(HOST);
      return { outcome: 'continue', afterMs: EFFECT_MS };
    },
    async look(token, { kind, signal }) {
      // Nothing but using it up shows whether a refresh token works.
      if (kind !== ACCESS.id) return { outcome: 'undecided' };
      const headers = { authorization: bearer(token) };
      const form = {};
      const request = {
        method: 'POST',
        path: '/tokeninfo',
        headers,
        form,
        readOnly: true,
        signal,
        tells: { owner: ['email', 'sub'], account: 'aud', scopes: 'scope', expires: 'exp' },
      } as const;
      const { means } = await ask(upstream, request, [
        row([200], z.object({ aud: z.string() }), 'alive'),
        row([400], INVALID, 'invalid'),
      ]);
      return means === 'alive' ? { outcome: 'alive' } : unknown(kind);
    },
  };
}
