/**
 * API keys of Artifactory.
 *
 * Docs: https://jfrog.com/help/r/jfrog-platform-administration-documentation/api-keys-rest-api
 *
 * - A user has one API key, and it reads itself by value. `?deleteAll` on the same path would delete everybody's.
 *   API keys are at their end of life; the self-deletion is documented by its path only.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { CONCLUDED, DECLINED, KEPT_OUT, NOT_PERMITTED, PLACES, unlessBlocked } from './answers.ts';

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_artifactoryapikey', 'gitleaks_rule_id_artifactory-api-key'],
  pattern: /(?<![A-Za-z0-9])AKCp[A-Za-z0-9]{69}(?![A-Za-z0-9])/,
  effect: 'token',
  possession: 'listed-whole',
  places: PLACES,
  whole: 'exact',
  undo: 'no',
};

/** A user has one: nothing tells it apart but itself. */
export const KEY_FOUND = z.object({});
type Found = z.output<typeof KEY_FOUND>;

const API_KEY_PATH = '/artifactory/api/security/apiKey';
const ITSELF = z.object({ apiKey: z.string() });

const OTHER_KEY = refused(
  'ambiguous',
  'JFrog takes this text but calls another one the API key of its user: revoke it by hand.',
);

export function apiKeysOf(upstream: Upstream): Account<Found> {
  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    async look(token, { signal }) {
      const headers = { 'x-jfrog-art-api': token };
      const request = { method: 'GET', path: API_KEY_PATH, headers, signal } as const;
      const { means } = await ask<AnswerRow<Sight<Found> | 'blocked'>>(upstream, request, [
        row(
          [200],
          ITSELF,
          ({ apiKey }): Sight<Found> =>
            apiKey === token.reveal()
              ? { state: 'alive', found: {}, by: 'listed-whole' }
              : { state: 'unable', refusal: OTHER_KEY },
        ),
        ...DECLINED,
      ]);
      return unlessBlocked(upstream, means);
    },
    async revoke(_found, token, { signal }) {
      const headers = { 'x-jfrog-art-api': token };
      const request = { method: 'DELETE', path: API_KEY_PATH, headers, signal } as const;
      const { means } = await ask(upstream, request, CONCLUDED);
      return unlessBlocked(upstream, means) === 'revoked' ? revoked() : NOT_PERMITTED;
    },
  };
}
