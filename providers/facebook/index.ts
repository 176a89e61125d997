/**
 * User access tokens of Meta's Graph API (EAA…).
 *
 * Docs: https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke/ and
 * https://developers.facebook.com/docs/graph-api/guides/error-handling/, checked 2026-11-28.
 *
 * - The call is documented to "de-authorize an app": it withdraws the user's consent, so every token of this user and
 *   app dies. So it waits for approval.
 * - Errors come as 400 (or others) with a code: 190, or 102, is a token that does not work, and its subcode says why. Some of those
 *   pass: the user logs in or confirms the account, and the token works again. Without a subcode Meta could not read the
 *   token, which may be the reported text's fault.
 * - With the subcode 467 the message says that the user logged out, or that it may be so "or may be due to a system error":
 *   the second is an answer of Meta's, too (jveldboom/facebook-gallery, issue 27), and proves nothing.
 * - Too many requests are no 429 but the codes 4, 17, 32, 341 and 613.
 * - Not covered: tokens of system users, which the secret of their app revokes; and for want of a call tokens of pages,
 *   secrets of apps, tokens of Instagram and Oculus.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  refused,
  revoked,
  suspended,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const configSchema = z.strictObject({});

export type FacebookConfig = z.output<typeof configSchema>;

const HOST = 'https://graph.facebook.com';

const KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_meta_access_token'],
  pattern: /(?<![\w-])EAA[A-Za-z0-9]{80,500}(?![\w-])/,
  effect: 'wider',
  warning: 'The user has to consent to the app again: all tokens of this user for this app die.',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
};

export const facebook: ProviderDefinition<FacebookConfig> = {
  id: 'facebook',
  title: 'Facebook (Meta)',
  docs: 'https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke/',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Meta says of this very token why it no longer works',
  effect: 'all tokens of this user for this app; waits for approval',
  needs: 'nothing',
  types: KIND.types,
  config: configSchema,
  create(_config, tools) {
    const upstream = tools.upstream(`${HOST}/v25.0`);
    return {
      kinds: [KIND],
      async revoke(token, { signal }) {
        const answer = await send(upstream, 'DELETE', '/me/permissions', token, signal);
        switch (answer) {
          case 'done':
            return revoked();
          case 'dead':
            return alreadyInactive();
          case 'unreadable':
            return unknownAt([HOST], UNREADABLE);
          case 'denied':
            return refused('not-permitted', DENIED);
        }
      },
      async look(token, { signal }) {
        const answer = await send(upstream, 'GET', '/me', token, signal);
        if (answer === 'unreadable') return unknownAt([HOST], UNREADABLE);
        return answer === 'dead' ? alreadyInactive() : { outcome: 'alive' };
      },
      async verify(token, { signal }) {
        const answer = await send(upstream, 'GET', '/me', token, signal);
        if (answer === 'done' || answer === 'denied') return 'alive';
        return answer === 'dead' ? 'dead' : 'unknown';
      },
    };
  },
};

const UNREADABLE =
  'Meta cannot read this token: it may have been reported incompletely, so look at the leak.';
const DENIED =
  'Meta does not let this token withdraw its consent: if it is of a page, a system user or an app, renew it in the settings of the app.';

const RATE_CODES: ReadonlySet<number> = new Set([4, 17, 32, 341, 613]);
/** A fault of Meta's own, which passes. */
const PASSING_CODES: ReadonlySet<number> = new Set([1, 2]);
/** For a violation of Meta's policies. */
const BLOCKED_FOR_A_TIME = 368;
/** A session that is none any more, and a token that does not work: either is told apart by the same subcodes. */
const BAD_TOKEN: ReadonlySet<number> = new Set([102, 190]);
/** The app was removed, the password changed, it expired, it was revoked by a call, the user logged out. */
const DEAD_SUBCODES: ReadonlySet<number> = new Set([458, 460, 463, 466, 467]);

const WITHDRAWN = z.union([z.literal(true), z.object({ success: z.literal(true) })]);
const USER = z.object({ id: z.string() });
const ERROR = z.object({
  error: z.object({
    code: z.int(),
    error_subcode: z.int().optional(),
    message: z.string().optional(),
  }),
});
/** "This may be because the user logged out or may be due to a system error." */
const MAY_PASS = /system error/i;

async function send(
  upstream: Upstream,
  method: 'GET' | 'DELETE',
  path: string,
  token: Secret,
  signal: AbortSignal,
): Promise<'done' | 'dead' | 'unreadable' | 'denied'> {
  const headers = { authorization: bearer(token) };
  const answer = await upstream.request({ method, path, headers, statuses: [200, 400, 401, 403], signal });
  if (answer.status === 200) {
    if (method === 'DELETE') answer.json(WITHDRAWN);
    else answer.json(USER);
    return 'done';
  }
  const { code, error_subcode: subcode, message = '' } = answer.json(ERROR).error;
  if (RATE_CODES.has(code)) throw new Failure('throttled', { target: upstream.base, status: answer.status });
  if (PASSING_CODES.has(code)) throw unexpected(upstream, answer);
  const isBad = BAD_TOKEN.has(code);
  if (isBad && subcode === undefined) return 'unreadable';
  if (isBad && DEAD_SUBCODES.has(subcode ?? 0) && !MAY_PASS.test(message)) return 'dead';
  if (!isBad && code !== BLOCKED_FOR_A_TIME) return 'denied';
  throw suspended(upstream, answer.status);
}
