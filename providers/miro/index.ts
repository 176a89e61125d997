/**
 * Miro: access tokens of apps.
 *
 * Docs: https://developers.miro.com/reference/revoke-token-v2, https://developers.miro.com/reference/token-info and the
 * vendor's own OpenAPI description (miroapp/api-clients), checked 2026-11-29.
 *
 * - A token is revoked with the credentials of its app, and its refresh token with it; nothing in it names the app, so the
 *   configured ones are tried. The older call needs none, but takes the token in its address, and Miro advises against it.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstOf } from '../../src/provider/kit/in-turn.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.miro.com';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_miro-access-token'],
  pattern: /(?<![\w.-])eyJtaXJv[\w-]{16,80}_[A-Za-z0-9-]{20,60}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
};

const config = z.strictObject({
  apps: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('The client id of the app.'),
        clientSecret: secretText().describe('Its client secret.'),
      }),
    )
    .default([])
    .describe('Apps whose access tokens may leak; tried in this order.'),
});

type Config = z.output<typeof config>;

/** As in all calls of the vendor's own client. */
const ACCEPT = { accept: 'application/json' };
const INFO = z.object({ team: z.object({ id: z.string() }) });
const error = (status: number, code = z.string()) =>
  z.object({ status: z.literal(status), code, type: z.literal('error') });
/** Of the token, and not of the call, or of the app. */
const OF_TOKEN = z.string().regex(/token/i);

const OF_NO_APP = refused(
  'not-permitted',
  'The token works, but no configured app could revoke it: add its app to providers.miro.apps and retry.',
);

function miroAccount(apps: Config['apps'], tools: Tools): SelfServicePlace {
  const upstream = tools.upstream(HOST);
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: bearer(token), ...ACCEPT };
    const { means } = await ask(
      upstream,
      {
        method: 'GET',
        path: '/v1/oauth-token',
        headers,
        signal,
        tells: { owner: ['user.name', 'user.id'], account: ['team.name', 'team.id'], scopes: 'scopes' },
      },
      [
        row([200], INFO, true),
        row([400], error(400, OF_TOKEN), false),
        row([401], error(401, OF_TOKEN), false),
      ],
    );
    return means;
  };
  const revokeWith = async (app: Config['apps'][number], token: Secret, signal: AbortSignal) => {
    const json = { accessToken: token, clientId: app.clientId, clientSecret: app.clientSecret };
    const request = { method: 'POST', path: '/v2/oauth/revoke', headers: ACCEPT, json, signal } as const;
    const { means } = await ask(upstream, request, [row([204], true), row([404], error(404), false)]);
    return means;
  };

  return {
    name: HOST,
    works,
    async revoke(token, signal) {
      // The secret of one may be out of date, and the next one be that of the token.
      const done = await firstOf(apps, async (app) =>
        (await revokeWith(app, token, signal)) ? revoked({ app: app.clientId }) : undefined,
      );
      return done ?? OF_NO_APP;
    },
  };
}

export const miro: ProviderDefinition<Config> = {
  id: 'miro',
  title: 'Miro',
  docs: 'https://developers.miro.com/reference/revoke-token-v2',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Miro no longer lets the token in',
  effect: 'the token and its refresh token',
  needs: 'the client id and secret of each app',
  types: KIND.types,
  config,
  create({ apps }, tools) {
    const methods = selfServiceAt([miroAccount(apps, tools)], { log: tools.log });
    return { kinds: apps.length > 0 ? [KIND] : [], ...methods };
  },
};
