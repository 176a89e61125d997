/**
 * Refresh tokens.
 *
 * Docs: https://developer.salesforce.com/docs/platform/mobile-sdk/guide/oauth-revoking-tokens.html, checked 2026-11-28.
 *
 * - Without the client that it was given to, nothing but revoking it once more asks whether a refresh token still works.
 *   A domain answers 200 for one of its own, and `invalid_token` for any other, a revoked one included.
 * - They all begin alike in Salesforce's examples (`5Aep861`); a length is documented nowhere.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstOf, sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { refused, unknownAt } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { askToRevoke } from './domain.ts';

const REFRESH_TOKEN: TokenKind = {
  id: 'refresh-token',
  types: ['gitleaks_rule_id_salesforce_refresh_token'],
  pattern: /(?<![\w-])5Aep861[A-Za-z0-9._]{50,250}={0,2}(?![\w=-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Each Salesforce organization has a domain of its own.' },
  whole: 'open',
  undo: 'no',
};

/** Which domain took it. */
const TAKEN = z.object({ domain: z.string() });

const NOT_PERMITTED = refused(
  'not-permitted',
  'Salesforce knows this token but does not let it be revoked: revoke it under Setup > Connected Apps OAuth Usage.',
);

export function refreshTokens(domains: readonly Upstream[], unknown: string): Part {
  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const taken = TAKEN.safeParse(step.note).data;
    const takenAt = domains.filter(({ base }) => base === taken?.domain);
    const asked = takenAt.length > 0 ? takenAt : domains;
    const first = await firstOf(asked, async (domain) => {
      const means = await askToRevoke(domain, token, step.signal);
      return means === 'invalid' ? undefined : { domain, means };
    });
    if (!first) {
      if (takenAt.length > 0) return { outcome: 'revoked', proven: true };
      return unknownAt(
        asked.map(({ base }) => base),
        unknown,
      );
    }
    const { domain, means } = first;
    if (means === 'unsupported') return NOT_PERMITTED;
    if (takenAt.length > 0) throw new Failure('still-active', { target: domain.base });
    step.remember({ domain: domain.base } satisfies z.output<typeof TAKEN>);
    step.sawAlive(domain.base);
    return { outcome: 'continue', afterMs: 0 };
  };
  return {
    kinds: [REFRESH_TOKEN],
    isAble: domains.length > 0,
    revoke: (token, step) => sparingTheLane(domains, () => revoke(token, step)),
    verify: async () => 'unknown',
  };
}
