/**
 * Refresh tokens of app configurations (xoxe-1-).
 *
 * Docs: https://docs.slack.dev/reference/methods/tooling.tokens.rotate and, that a refresh token is revoked when it is
 * exchanged, https://docs.slack.dev/authentication/using-token-rotation
 *
 * - Nothing revokes one but using it up: Slack gives another pair for it, which is kept nowhere, so that whoever had the
 *   leaked one has nothing. Its owner has to generate a new pair.
 * - Those of bots and users whose app rotates tokens look the same, and only that app can use one up: this call knows none
 *   of them (same page, checked 2026-11-29).
 * - Nothing else asks about one either, so it is never looked at.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';

const HOST = 'https://slack.com';

export const REFRESH_TOKEN: TokenKind = {
  id: 'refresh-token',
  types: [
    'gitleaks_rule_id_slackappconfigurationrefreshtoken',
    'gitleaks_rule_id_slack-config-refresh-token',
  ],
  pattern: /(?<![\w.-])xoxe-\d-[0-9A-Za-z]{100,250}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'by-value',
  places: {
    open: 'The refresh tokens of bots and users look the same, and are refused here while they work.',
  },
  whole: 'open',
  undo: 'no',
};

const REPLY = z.object({
  ok: z.boolean(),
  refresh_token: z.string().optional(),
  error: z.string().optional(),
});

const UNKNOWN =
  'Slack knows no such refresh token of an app configuration: it was used or revoked, or is that of a bot or user, which its app can still use. Look at the configuration tokens at api.slack.com/apps, and at the app where the token was found.';

export function refreshTokens({ upstream: clientFor }: Tools): Part {
  const upstream = clientFor(`${HOST}/api`);
  return {
    kinds: [REFRESH_TOKEN],
    async revoke(token, { signal }) {
      const form = { refresh_token: token };
      const request = {
        method: 'POST',
        path: '/tooling.tokens.rotate',
        form,
        statuses: [200],
        signal,
      } as const;
      const answer = await upstream.request(request);
      const { ok, refresh_token: next, error } = answer.json(REPLY);
      if (ok && next !== undefined && next !== token.reveal()) return { outcome: 'revoked', proven: true };
      if (error === 'invalid_refresh_token') return unknownAt([HOST], UNKNOWN);
      if (error === 'unknown_error')
        throw new Failure('unavailable', { scope: 'entry', target: upstream.base });
      throw unexpected(upstream, answer);
    },
    verify: async () => 'unknown',
  };
}
