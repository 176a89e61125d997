/** One shop. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Nothing but that the shop takes the token. */
export const FOUND = z.literal('app');

const ERRORS = z.object({ errors: z.union([z.string(), z.looseObject({})]) });
/** Of a frozen shop, with 402 and with 403 alike: https://github.com/orbit-apps/elixir-shopifyapi/pull/382. */
const UNAVAILABLE = z.object({ errors: z.literal('Unavailable Shop') });
const SCOPES = z.object({ access_scopes: z.array(z.object({ handle: z.string() })) });

const NOT_UNINSTALLED =
  'Shopify did not let the token uninstall its app: uninstall the app, or rotate its credentials, in the admin of the shop.';

export function shopAccount(shop: string, tools: Tools): Account<z.output<typeof FOUND>> {
  const upstream = tools.upstream(`https://${shop}`);
  const headersOf = (token: Secret) => ({ 'x-shopify-access-token': token });

  /** This needs no scope. */
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/admin/oauth/access_scopes.json',
      headers: headersOf(token),
      signal,
      tells: { scopes: 'access_scopes.*.handle' },
    } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], SCOPES, 'alive'),
      row([401], ERRORS, 'refused'),
      // The shop is frozen until it is paid for, the app may not be used there, or the shop is locked.
      row([402, 403, 423], 'suspended'),
      row([404], 'no-shop'),
    ]);
    const { status } = answer;
    if (means === 'suspended') throw suspended(upstream, status);
    if (means === 'no-shop') throw new Failure('misconfigured', { target: upstream.base, status });
    return means === 'alive';
  };

  return {
    name: shop,
    async look(token, { signal }) {
      if (!(await works(token, signal))) return { state: 'absent' };
      return { state: 'alive', found: 'app', by: 'by-value' };
    },
    async revoke(_found, token, { signal }) {
      const request = {
        method: 'DELETE',
        path: '/admin/api_permissions/current.json',
        headers: headersOf(token),
        signal,
      } as const;
      const { means, answer } = await ask(upstream, request, [
        // The body of a success is not documented, but it is no HTML page of a proxy.
        row([200], 'uninstalled'),
        // It may have been ended meanwhile, or may not do this: the look afterwards tells.
        row([401], ERRORS, 'uninstalled'),
        row([402, 423], 'suspended'),
        row([403], UNAVAILABLE, 'suspended'),
        row([403, 404, 422], ERRORS, 'not-permitted'),
      ]);
      if (means === 'suspended') throw suspended(upstream, answer.status);
      return means === 'uninstalled' ? revoked() : refused('not-permitted', NOT_UNINSTALLED);
    },
  };
}
