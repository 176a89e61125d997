/**
 * Personal access tokens, which revoke themselves.
 *
 * Docs: https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token ("Callers may always revoke
 * their own tokens.") and https://docs.langchain.com/langsmith/smith-api/api-key/get-personal-access-tokens
 *
 * - A token lists the tokens of its owner, and so itself; the only one that is shown so is the leaked one.
 * - A token that does not work gets 401 `Invalid token` (langsmith-sdk issue 666). 403 is said of living ones, too, of
 *   another workspace or during an outage (issues 2492 and 1299), so a token that was seen to work is not dead by it. One that
 *   is called a legacy one, with 401 (issue 1201), is tried again.
 * - A revoked token keeps its record, with `revoked_at`, and goes on for as long as LangSmith has it in its cache.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { CLOUD, type LangsmithConfig } from './config.ts';
import { ERROR, fitting, KEYS, LEGACY, ORGANIZATION } from './records.ts';

export const PERSONAL: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_langchainapikey', 'gitleaks_rule_id_langchain-langsmith-personal-access-token'],
  pattern: /(?<![\w-])lsv2_pt_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Anybody may run an installation of LangSmith.' },
  whole: 'exact',
  undo: 'yes',
};

const UNCERTAIN =
  'The token works, but it cannot be told which of the tokens of its owner it is: let its owner revoke it in the settings of LangSmith.';
const NOT_PERMITTED = refused(
  'not-permitted',
  'LangSmith refused to let the token revoke itself: let its owner or an administrator revoke it in the settings.',
);

export function personalTokens({ hosts, organizations }: LangsmithConfig, tools: Tools): Part {
  const urls = new Set([...hosts, ...organizations.map(({ url }) => url)]);
  const accounts = [...urls].map((url) => {
    const formerly = organizations.filter((each) => each.url === url).map(({ id }) => id);
    return { ...accountAt(url, tools), formerly };
  });
  const { check: _, ...work } = byAccounts(accounts, {
    found: z.uuid(),
    copies: [...urls].some((url) => !CLOUD.includes(url)),
    unknown:
      'No LangSmith that was asked lets this token in: if it is of another installation, add its address to providers.langsmith.hosts and retry.',
    log: tools.log,
  });
  return { kinds: [PERSONAL], isAble: accounts.length > 0, ...work };
}

function accountAt(url: string, tools: Tools): Account<string> {
  const upstream = tools.upstream(url);
  return {
    name: url,
    async look(token, { signal }, known) {
      const path = `${ORGANIZATION}/personal-access-tokens`;
      const request = { method: 'GET', path, headers: { 'x-api-key': token }, signal } as const;
      const { means: keys, answer } = await ask(upstream, request, [
        row([200], KEYS, (list) => list),
        row([401], LEGACY, 'legacy'),
        row([401], ERROR, 'not-let-in'),
        row([403], ERROR, 'forbidden'),
      ]);
      if (keys === 'legacy' || (keys === 'forbidden' && known)) throw suspended(upstream);
      if (typeof keys === 'string') return { state: 'absent' };
      const alike = fitting(inOnePiece(upstream, answer, keys), token);
      const [only, ...others] = alike;
      if (!only || others.length > 0) {
        const evidence = { host: url, candidates: alike.map(({ id }) => ({ keyId: id })) };
        return { state: 'unable', refusal: refused('ambiguous', UNCERTAIN, evidence) };
      }
      const evidence = { keyId: only.id };
      // LangSmith accepted the token out of its cache, but its record is revoked.
      if (only.revoked_at) return { state: 'dead', evidence };
      return { state: 'alive', found: only.id, by: 'one-fits', toldBy: 'text', evidence };
    },
    async revoke(id, token, { signal }) {
      const path = `${ORGANIZATION}/personal-access-tokens/${id}/revocation`;
      const request = { method: 'POST', path, headers: { 'x-api-key': token }, signal } as const;
      const { means } = await ask(upstream, request, [
        row([200, 201, 204], 'revoked'),
        row([401], LEGACY, 'legacy'),
        row([401, 403], ERROR, 'refused'),
      ]);
      if (means === 'legacy') throw suspended(upstream, 401);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
  };
}
