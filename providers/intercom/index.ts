/**
 * Intercom: access tokens of apps.
 *
 * Docs: https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/installing-uninstalling-apps
 * ("Revoking access"), https://developers.intercom.com/docs/references/rest-api/errors/error-codes and the vendor's own
 * OpenAPI description (intercom/Intercom-OpenAPI), checked 2026-11-30.
 *
 * - A token is revoked by uninstalling its app from its workspace, with the token itself. So everything that the app does
 *   there ends, and an approval is due.
 * - A workspace is of one of three regions, and the token does not say of which: each is asked.
 * - A call that does not ask for JSON by name is answered 406 with `media_type_not_acceptable`
 *   (https://github.com/intercom/intercom-php/issues/124, https://github.com/intercom/intercom-ruby/issues/240), whoever makes
 *   it; the vendor's own examples ask for it.
 * - A token is the base64 of `tok:`, an id and two numbers, always of the same length.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const HOSTS = ['https://api.intercom.io', 'https://api.eu.intercom.io', 'https://api.au.intercom.io'];

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_intercom_api_token',
    'gitleaks_rule_id_intercomappaccesstoken',
    'gitleaks_rule_id_intercom-api-key',
  ],
  pattern: /(?<![\w+/-])dG9rO[A-Za-z0-9+/]{54}=(?![\w+/=-])/,
  effect: 'wider',
  warning: 'Intercom also uninstalls the app from the workspace.',
  possession: 'by-value',
  places: { all: HOSTS },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({});

const ADMIN = z.object({ type: z.literal('admin') });
/** Whether it is dead or of another region; not that its app is blocked or may not, which passes. */
const NOT_LET_IN = z.object({
  errors: z.tuple([
    z.object({ code: z.enum(['unauthorized', 'token_revoked', 'token_expired', 'token_not_found']) }),
  ]),
});
/** As of an app that its workspace made for itself. A blocked app is let do it later. */
const FORBIDDEN = z.object({
  errors: z.tuple([z.object({ code: z.enum(['token_unauthorized', 'action_forbidden', 'forbidden']) })]),
});

const NOT_PERMITTED = refused(
  'not-permitted',
  'The token works, and Intercom does not let it uninstall its app: revoke it in the Developer Hub of the workspace, under the app.',
);

function headersOf(token: Secret) {
  return { authorization: bearer(token), accept: 'application/json' };
}

function region(upstream: Upstream, place: string): SelfServicePlace {
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/me',
      headers: headersOf(token),
      signal,
      tells: { owner: ['email', 'name'], account: ['app.name', 'app.id_code'] },
    } as const;
    const { means } = await ask(upstream, request, [row([200], ADMIN, true), row([401], NOT_LET_IN, false)]);
    return means;
  };

  return {
    name: place,
    works,
    async revoke(token, signal) {
      const headers = headersOf(token);
      const request = { method: 'POST', path: '/auth/uninstall', headers, json: {}, signal } as const;
      const { means } = await ask(upstream, request, [
        row([200, 202, 204], 'uninstalled'),
        // It may have ended meanwhile: the look afterwards tells.
        row([401], NOT_LET_IN, 'uninstalled'),
        row([401, 403], FORBIDDEN, 'forbidden'),
      ]);
      return means === 'uninstalled' ? revoked() : NOT_PERMITTED;
    },
  };
}

export const intercom: ProviderDefinition<z.output<typeof config>> = {
  id: 'intercom',
  title: 'Intercom',
  docs: 'https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/installing-uninstalling-apps',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the token revokes itself, by value',
  proof: 'Intercom no longer lets the token in',
  effect: 'the app is uninstalled from its workspace, so it waits for approval',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const regions = HOSTS.map((host) => region(tools.upstream(host), host));
    const methods = selfServiceAt(regions, { log: tools.log });
    return { kinds: [KIND], ...methods };
  },
};
