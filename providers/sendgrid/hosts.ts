/**
 * SendGrid's two hosts, and the calls to them.
 *
 * Docs: https://support.sendgrid.com/hc/en-us/articles/18322114821403 (what the errors mean)
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import type { Sign } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const HOSTS = { global: 'https://api.sendgrid.com', eu: 'https://api.eu.sendgrid.com' } as const;
export type Region = keyof typeof HOSTS;
const REGIONS: readonly Region[] = ['global', 'eu'];

const errorsWith = (message: RegExp) =>
  z.object({ errors: z.array(z.object({ message: z.string().regex(message) })).min(1) });

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

/** As the vendor's own client does (sendgrid-go, base_interface.go). */
const headersOf = (apiKey: Secret) => ({ authorization: bearer(apiKey), accept: 'application/json' });

const scopesOf = (apiKey: Secret) =>
  ({ method: 'GET', path: '/v3/scopes', headers: headersOf(apiKey) }) as const;

export function createHosts({ upstream }: Tools) {
  const at: Readonly<Record<Region, Upstream>> = { global: upstream(HOSTS.global), eu: upstream(HOSTS.eu) };

  const accepts = async (api: Upstream, apiKey: Secret, signal: AbortSignal): Promise<boolean> => {
    const { means } = await ask(api, { ...scopesOf(apiKey), signal }, [
      row([200], SCOPES, true),
      row([403], errorsWith(/access forbidden/i), true),
      row([401], errorsWith(/authorization grant is invalid, expired, or revoked/i), false),
    ]);
    return means;
  };

  return {
    at,
    accepts: (region: Region, token: Secret, signal: AbortSignal) => accepts(at[region], token, signal),
    /** Where the key works; undefined when both hosts refuse it. One that is down does not stop the work. */
    locate(token: Secret, signal: AbortSignal): Promise<Region | undefined> {
      return firstSparingTheLane(REGIONS, async (region) =>
        (await accepts(at[region], token, signal)) ? region : undefined,
      );
    },
    remove(region: Region, keyId: string, { apiKey, onBehalfOf }: Caller, signal: AbortSignal) {
      return at[region].request({
        method: 'DELETE',
        path: `/v3/api_keys/${keyId}`,
        headers: {
          ...headersOf(apiKey),
          ...(onBehalfOf !== undefined && { 'on-behalf-of': onBehalfOf }),
        },
        statuses: [204, 401, 403, 404],
        signal,
      });
    },
    async scopesOf(region: Region, apiKey: Secret, signal: AbortSignal): Promise<readonly string[]> {
      const answer = await at[region].request({ ...scopesOf(apiKey), statuses: [200], signal });
      return answer.json(SCOPES).scopes;
    },
  };
}
