/**
 * SendGrid's two hosts, and the calls to them.
 *
 * Docs: https://support.sendgrid.com/hc/en-us/articles/18322114821403 (what the errors mean)
 */
import { z } from 'zod';
import { livenessOf, type Sign } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const HOSTS = { global: 'https://api.sendgrid.com', eu: 'https://api.eu.sendgrid.com' } as const;
export type Region = keyof typeof HOSTS;

const errorsWith = (message: RegExp) =>
  z.object({ errors: z.array(z.object({ message: z.string().regex(message) })).min(1) });

const ALIVE: readonly Sign[] = [
  { status: 200, body: z.object({ scopes: z.array(z.string()) }) },
  { status: 403, body: errorsWith(/access forbidden/i) },
];
const DEAD: Sign = {
  status: 401,
  body: errorsWith(/authorization grant is invalid, expired, or revoked/i),
};
export const UNKNOWN_ID: Sign = { status: 404, body: errorsWith(/./) };
/** Of a key that worked a moment ago. */
export const NO_RIGHT: readonly Sign[] = [
  { status: 401, body: errorsWith(/./) },
  { status: 403, body: errorsWith(/./) },
  UNKNOWN_ID,
];

const SCOPES = z.object({ scopes: z.array(z.string()) });

/** Whose credential a call is made with. */
interface Caller {
  readonly apiKey: Secret;
  readonly onBehalfOf?: string | undefined;
}

export function createHosts({ upstream }: Tools) {
  const at: Readonly<Record<Region, Upstream>> = { global: upstream(HOSTS.global), eu: upstream(HOSTS.eu) };

  const getScopes = (api: Upstream, apiKey: Secret, statuses: readonly number[], signal: AbortSignal) => {
    const headers = { authorization: bearer(apiKey) };
    return api.request({ method: 'GET', path: '/v3/scopes', headers, statuses, signal });
  };
  const accepts = async (api: Upstream, apiKey: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await getScopes(api, apiKey, [200, 401, 403], signal);
    return livenessOf(api, answer, { dead: [DEAD], alive: ALIVE }) === 'alive';
  };

  return {
    at,
    /** Where the key works; undefined when it is dead. */
    async locate(token: Secret, signal: AbortSignal): Promise<Region | undefined> {
      if (await accepts(at.global, token, signal)) return 'global';
      return (await accepts(at.eu, token, signal)) ? 'eu' : undefined;
    },
    remove(region: Region, keyId: string, { apiKey, onBehalfOf }: Caller, signal: AbortSignal) {
      return at[region].request({
        method: 'DELETE',
        path: `/v3/api_keys/${keyId}`,
        headers: {
          authorization: bearer(apiKey),
          ...(onBehalfOf !== undefined && { 'on-behalf-of': onBehalfOf }),
        },
        statuses: [204, 401, 403, 404],
        signal,
      });
    },
    async scopesOf(region: Region, apiKey: Secret, signal: AbortSignal): Promise<readonly string[]> {
      return (await getScopes(at[region], apiKey, [200], signal)).json(SCOPES).scopes;
    },
  };
}
