/**
 * Tokens of apps with which people sign in with Vercel.
 *
 * Docs: https://vercel.com/docs/sign-in-with-vercel/authorization-server-api; the endpoints are those of RFC 7009 and
 * RFC 7662, checked 2026-11-28.
 *
 * - Only the client that a token was given to may revoke it, or ask about it. Of another client's token it hears that it
 *   is not active, like of a dead one.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.vercel.com';

export const APP_TOKEN: TokenKind = {
  id: 'app-token',
  types: ['gitleaks_rule_id_vercel-app-access-token', 'gitleaks_rule_id_vercel-app-refresh-token'],
  pattern: /(?<![\w-])vc[ar]_[A-Za-z0-9_-]{56}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Any app may have been given this token, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

export const appKeys = z
  .array(
    z.strictObject({
      clientId: z.string().min(1).describe('Of an app with which people sign in with Vercel.'),
      clientSecret: secretText().describe('Its client secret.'),
    }),
  )
  .default([])
  .describe('Apps whose tokens may leak; asked in this order.');

type App = z.output<typeof appKeys>[number];

const INTROSPECTION = z.object({ active: z.boolean() });
/** A token is its own id. */
const FOUND = z.object({});

export function appTokens(apps: readonly App[], tools: Tools): Part {
  const accounts = byAccounts(
    apps.map((app) => appAccount(app, tools)),
    {
      found: FOUND,
      unknown:
        'No configured app knows this token as active: if it is of another one, add that to providers.vercel.apps and retry.',
      rights: 'Vercel refused the id or the secret of the app.',
      log: tools.log,
    },
  );
  return { kinds: [APP_TOKEN], isAble: apps.length > 0, ...accounts };
}

function appAccount({ clientId, clientSecret }: App, tools: Tools): Account<z.output<typeof FOUND>> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: basic(clientId, clientSecret) });
  const isActive = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const path = '/login/oauth/token/introspect';
    const request = {
      method: 'POST',
      path,
      form: { token },
      readOnly: true,
      statuses: [200],
      signal,
    } as const;
    return (await call(request)).json(INTROSPECTION).active;
  };
  return {
    name: clientId,
    async look(token, { signal }) {
      if (!(await isActive(token, signal))) return { state: 'absent' };
      return { state: 'alive', found: {}, by: 'by-value' };
    },
    async revoke(_found, token, { signal }) {
      const path = '/login/oauth/token/revoke';
      const answer = await call({ method: 'POST', path, form: { token }, statuses: [200], signal });
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked();
    },
    verify: async (_found, token, { signal }) => ((await isActive(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await isActive(new Secret(`vca_${'0'.repeat(56)}`), signal);
    },
  };
}
