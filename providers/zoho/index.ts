/**
 * Zoho: OAuth refresh tokens, and access tokens of apps in browsers.
 *
 * Docs: https://www.zoho.com/accounts/protocol/oauth/revoke-refresh-token.html,
 * https://www.zoho.com/accounts/protocol/oauth/multi-dc.html; checked 2026-11-29.
 *
 * - Anybody may hand in a token, at the data centre that issued it, which the token does not tell: each is tried. The
 *   call takes it in its address alone. With a refresh token its access tokens end.
 * - The page lists eight data centres; those of China, the Emirates and Singapore stand on the pages of products, such as
 *   https://www.zoho.com/workdrive/developer/docs/api/v1/getting-started-multi-dc-support.html.
 * - A token that is unknown there is answered 400, and so is the access token of an app with a server, which lives on for
 *   its hour. So nothing is called dead by a refusal.
 * - Who makes too many calls to a data centre is told "Access Denied" or "access_denied" with 400 or 200, in China in Chinese,
 *   until ten minutes are over (https://www.zoho.com/crm/developer/docs/api/v8/token-validity.html, checked 2026-11-30). By
 *   public reports, whoever goes on meanwhile is not let in then, either.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { unknownAt } from '../../src/provider/kit/results.ts';
import type { Liveness, ProviderDefinition, RevokeResult, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const ENDS = ['com', 'eu', 'in', 'com.au', 'jp', 'sa', 'uk', 'ae', 'sg', 'com.cn'];
const HOSTS = ENDS.map((end) => `https://accounts.zoho.${end}`);
const CANADA = 'https://accounts.zohocloud.ca';

const KIND: TokenKind = {
  id: 'oauth-token',
  types: ['gitleaks_rule_id_zoho-oauth-token.1'],
  pattern: /(?<![\w.-])1000\.[0-9a-f]{32}\.[0-9a-f]{32}(?![\w.-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Zoho answers alike for tokens that it does not know and for some that work.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({});

const SUCCESS = z.object({ status: z.literal('success') });
const LIMITED = z.object({ error: z.string().regex(/^(?:access[ _]denied|\u62d2\u7edd\u8bbf\u95ee)$/i) });
const LIMIT_MS = 10 * 60_000;
const ERROR = z.object({ error: z.string() }).or(z.object({ status: z.literal('failure') }));

const UNKNOWN =
  'No data centre of Zoho took this token: it is dead, or the access token of an app with a server, which ends within an hour. Look for the app in the settings of its user, and revoke its refresh token there.';

async function revokeAt(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const request = { method: 'POST', path: '/oauth/v2/token/revoke', query: { token }, signal } as const;
  const { means, answer } = await ask(upstream, request, [
    row([200], SUCCESS, true),
    row([200, 400], LIMITED, 'limited'),
    row([400], ERROR, false),
  ]);
  if (means !== 'limited') return means;
  throw new Failure('throttled', { target: upstream.base, status: answer.status, retryAfterMs: LIMIT_MS });
}

export const zoho: ProviderDefinition<z.output<typeof config>> = {
  id: 'zoho',
  title: 'Zoho',
  docs: 'https://www.zoho.com/accounts/protocol/oauth/revoke-refresh-token.html',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the data centre that issued the token says that it revoked it',
  effect: 'the token, and the access tokens of a refresh token',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const places = [...HOSTS, CANADA];
    const upstreams = places.map((host) => tools.upstream(host));
    return {
      kinds: [KIND],
      async revoke(token, { signal }): Promise<RevokeResult> {
        const taker = await firstSparingTheLane(upstreams, async (upstream) =>
          (await revokeAt(upstream, token, signal)) ? upstream : undefined,
        );
        if (!taker) return unknownAt(places, UNKNOWN);
        return { outcome: 'revoked', proven: true, evidence: { host: taker.base } };
      },
      verify: async (): Promise<Liveness> => 'unknown',
    };
  },
};
