/**
 * Linear OAuth access tokens (`lin_oauth_`).
 *
 * Docs: https://linear.app/developers/oauth-2-0-authentication, checked 2026-11-21.
 *
 * Experimental: the revocation call is in wide use, but what it answers is not confirmed. So its answer counts for
 * nothing: the token is looked at before and after by a query of its own.
 *
 * - GraphQL says `AUTHENTICATION_ERROR` to a token that does not work, with status 401 or, formerly, 400.
 * - Personal API keys (`lin_api_`) and client secrets have no public call that revokes them, and are no kinds of this
 *   provider.
 */
import { z } from 'zod';
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
const NOT_AUTHENTICATED = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.literal('AUTHENTICATION_ERROR') }) })).min(1),
});

function create(tools: Tools): Provider {
  const upstream = tools.upstream(HOST);

  const isAlive = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: bearer(token) };
    const json = { query: '{ viewer { id } }' };
    const request = { method: 'POST', path: '/graphql', headers, json, readOnly: true, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], VIEWER, true),
      row([400, 401], NOT_AUTHENTICATED, false),
    ]);
    return means;
  };

  return {
    kinds: [KIND],
    async revoke(token, step) {
      if (!(await isAlive(token, step.signal))) return unknownAt([HOST]);
      step.sawAlive(HOST);
      const headers = { authorization: bearer(token) };
      const request = { method: 'POST', path: '/oauth/revoke', headers, form: { token } } as const;
      await ask(upstream, { ...request, signal: step.signal }, [row([200], 'accepted')]);
      return { outcome: 'accepted' };
    },
    async verify(token, { signal }) {
      return (await isAlive(token, signal)) ? 'alive' : 'dead';
    },
  };
}
