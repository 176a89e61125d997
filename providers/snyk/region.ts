/** One region of Snyk, as a token sees it. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { claimsOf, isId, isUlidOf } from './claims.ts';
import { asToken, FORBIDDEN, listPage, listTokens, VERSION } from './tokens.ts';

/** The regions for customers, that of governments included. */
export const HOSTS = ['api.snyk.io', 'api.us.snyk.io', 'api.eu.snyk.io', 'api.au.snyk.io', 'api.snykgov.io'];

export const FOUND = z.object({ id: z.string() });
type Found = z.output<typeof FOUND>;

const NOT_PERMITTED = refused(
  'not-permitted',
  'This token may not manage the tokens of its owner: its owner has to revoke it in the account settings of Snyk under Personal Access Tokens.',
);
const AMBIGUOUS =
  'The owner of this token has several, and the leaked one cannot be told: its owner has to revoke it in the account settings of Snyk under Personal Access Tokens.';

export function regionAccount(host: string, tools: Tools): Account<Found> {
  const upstream = tools.upstream(`https://${host}/rest`);
  return {
    name: `https://${host}`,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock: tools.clock },
    look: (token, { signal }) => lookAtList(upstream, token, signal),
    async revoke({ id }, token, { signal }) {
      const request = {
        method: 'DELETE',
        path: `/self/personal_access_tokens/${id}`,
        query: { version: VERSION },
        headers: { authorization: asToken(token) },
        signal,
      } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'revoked'),
        row([403], FORBIDDEN, 'not-permitted'),
      ]);
      return means === 'revoked' ? revoked({ id }) : NOT_PERMITTED;
    },
    async verify(_found, token, { signal }) {
      return (await listPage(upstream, token, undefined, signal)) === 'refused' ? 'dead' : 'alive';
    },
  };
}

async function lookAtList(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<Sight<Found>> {
  const tokens = await listTokens(upstream, token, signal);
  if (tokens === 'refused') return { state: 'absent' };
  if (tokens === 'forbidden') return { state: 'unable', refusal: NOT_PERMITTED };
  const claim = claimsOf(token)?.j;
  const claimed = tokens.all.find(({ id }) => isUlidOf(id, claim));
  if (claimed) return { state: 'alive', found: { id: claimed.id }, by: 'signs-in' };
  const [only, ...others] = tokens.all;
  // Snyk does not document that the list has tokens of service accounts. One that names its own id is not the one of another.
  const isListed = token.reveal().startsWith('snyk_uat.') && tokens.isWhole && !isId(claim);
  if (only !== undefined && others.length === 0 && isListed) {
    return { state: 'alive', found: { id: only.id }, by: 'one-fits', toldBy: 'nothing' };
  }
  const evidence = { candidates: tokens.all.map(({ id }) => ({ id })) };
  return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, evidence) };
}
