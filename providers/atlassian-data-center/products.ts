/** One Jira or Confluence instance, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { idInside, withNobodysId } from './token.ts';

const PATH = '/rest/pat/latest/tokens';
const TOKENS = z.array(z.object({ id: z.union([z.string(), z.number()]).transform(String) }));
const DENIED = z.looseObject({});
/** In the words of Atlassian's own REST layer: a proxy may refuse without any. */
const REFUSED = z.object({ message: z.string(), 'status-code': z.literal(401) });

const AMBIGUOUS =
  'The token works, and it cannot be told which one of its user it is: have the user revoke it, under Profile > Personal Access Tokens.';
const KEPT_OUT = refused(
  'manual',
  'The instance took this token before and refuses it now, as it does while its user is deactivated: see under Administration > Administering personal access tokens whether it is gone, and revoke it there.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'The token works, but may not manage tokens: have its user revoke it, under Profile > Personal Access Tokens.',
);

export function productAccount(upstream: Upstream, { clock }: Tools): Account<string> {
  /** Of the token's own user. */
  const tokensOf = async (token: Secret, signal: AbortSignal) => {
    const headers = headersOf(token);
    const { means, answer } = await ask(upstream, { method: 'GET', path: PATH, headers, signal }, [
      row([200], TOKENS, (tokens) => tokens),
      row([401], REFUSED, 'refused'),
      row([403], DENIED, 'denied'),
    ]);
    return typeof means === 'string' ? means : inOnePiece(upstream, answer, means);
  };

  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock },
    async look(token, { signal }): Promise<Sight<string>> {
      const tokens = await tokensOf(token, signal);
      if (tokens === 'refused') return { state: 'absent' };
      if (tokens === 'denied') return { state: 'unable', refusal: NOT_PERMITTED };
      const forged = tokensOf(withNobodysId(token), signal);
      await mustRefuse(
        upstream,
        forged.then((answer) => answer !== 'refused'),
      );
      const inside = idInside(token);
      if (tokens.some(({ id }) => id === inside))
        return { state: 'alive', found: inside, by: 'signs-in', evidence: { tokenId: inside } };
      const [only, ...others] = tokens;
      if (!only || others.length > 0) return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS) };
      const evidence = { tokenId: only.id };
      return { state: 'alive', found: only.id, by: 'one-fits', toldBy: 'nothing', evidence };
    },
    async revoke(id, token, { signal }) {
      const headers = headersOf(token);
      const path = `${PATH}/${encodeURIComponent(id)}`;
      const { means } = await ask(upstream, { method: 'DELETE', path, headers, signal }, [
        row([204], 'revoked'),
        row([403], DENIED, 'denied'),
      ]);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
    verify: async (_id, token, { signal }) =>
      (await tokensOf(token, signal)) === 'refused' ? 'dead' : 'alive',
  };
}

/** To whoever does not ask for JSON, Atlassian's REST layer refuses in XML. */
function headersOf(token: Secret) {
  return { authorization: bearer(token), accept: 'application/json' };
}
