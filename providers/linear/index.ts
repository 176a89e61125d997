/**
 * Linear OAuth access tokens (`lin_oauth_`).
 *
 * Docs: https://linear.app/developers/oauth-2-0-authentication, checked 2026-11-21.
 *
 * Experimental: the revocation call is in wide use, but what it answers is not confirmed. So its answer counts for
 * nothing: the token is looked at before and after by a query of its own.
 *
 * - GraphQL says `AUTHENTICATION_ERROR` to a token that does not work, with status 401 or, formerly, 400.
 * - Too many requests are no 429: the status is 400 and the code `RATELIMITED` (vanillagreencom/kendex, issue 1018). The limit
 *   is the token's, and whoever has it can keep it used up, so that the revocation does not wait for it.
 * - Personal API keys (`lin_api_`) and client secrets have no public call that revokes them, and are no kinds of this
 *   provider.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { unknownAt } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type LinearConfig = z.output<typeof config>;

const HOST = 'https://api.linear.app';

const KIND: TokenKind = {
  id: 'oauth-token',
  types: ['gitleaks_rule_id_linear_oauth_token'],
  pattern: /(?<![\w-])lin_oauth_[a-f0-9]{64}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'exact',
  undo: 'no',
};

export const linear: ProviderDefinition<LinearConfig> = {
  id: 'linear',
  title: 'Linear',
  docs: 'https://linear.app/developers/oauth-2-0-authentication',
  stability: 'experimental',
  exactness: "the token's own call",
  proof: 'Linear no longer authenticates the token',
  effect: 'the token only',
  needs: 'nothing',
  types: KIND.types,
  unpublished: KIND.types,
  config,
  create: (_, tools) => create(tools),
};

const VIEWER = z.object({ data: z.object({ viewer: z.object({ id: z.string() }) }) });
const errorsOf = (code: string) =>
  z.object({ errors: z.array(z.object({ extensions: z.object({ code: z.literal(code) }) })).min(1) });
const NOT_AUTHENTICATED = errorsOf('AUTHENTICATION_ERROR');
const LIMITED = errorsOf('RATELIMITED');

function create(tools: Tools): Provider {
  const upstream = tools.upstream(HOST);

  const look = async (token: Secret, signal: AbortSignal): Promise<'alive' | 'dead' | 'limited'> => {
    const headers = { authorization: bearer(token) };
    const json = { query: '{ viewer { id } }' };
    const request = { method: 'POST', path: '/graphql', headers, json, readOnly: true, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], VIEWER, 'alive'),
      row([400, 401], NOT_AUTHENTICATED, 'dead'),
      row([400], LIMITED, 'limited'),
    ]);
    return means;
  };

  return {
    kinds: [KIND],
    async revoke(token, step) {
      const seen = await look(token, step.signal);
      if (seen === 'dead') return unknownAt([HOST]);
      if (seen === 'alive') step.sawAlive(HOST);
      const headers = { authorization: bearer(token) };
      const request = { method: 'POST', path: '/oauth/revoke', headers, form: { token } } as const;
      await ask(upstream, { ...request, signal: step.signal }, [row([200], 'accepted')]);
      return { outcome: 'accepted' };
    },
    async verify(token, { signal }) {
      const seen = await look(token, signal);
      if (seen === 'limited') throw new Failure('throttled', { target: upstream.base, status: 400 });
      return seen;
    },
  };
}
