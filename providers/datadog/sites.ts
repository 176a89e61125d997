/**
 * Whether a site lets a key in, which the key itself may ask.
 *
 * Docs: https://docs.datadoghq.com/account_management/org_settings/ip_allowlist/
 *
 * - An organization may limit the API to its own addresses, which is said not to concern API keys (same page, checked
 *   2026-11-29). What speaks of addresses all the same is no refusal of the key.
 * - Callers that did not ask for JSON were refused with a page of HTML (zorkian/go-datadog-api#282 and #286,
 *   DataDog/datadogpy#169 and #894). The vendor's own clients ask for it, and were refused in JSON (recordings as below).
 * - A request without a key gets 403 as well, and says so (DataDog/datadog-api-client-ruby:
 *   cassettes/features/v1/authentication/Validate-API-key-returns-Forbidden-response.yml): a key that something on the
 *   way took out is not refused.
 */

import { z } from 'zod';
import { AS_JSON, ask, row } from '../../src/provider/kit/answers.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { suspended } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { SITES } from './config.ts';

const REFUSED = z
  .object({ errors: z.array(z.string()) })
  .refine(({ errors }) => !errors.includes('API key required'));
const BLOCKED = REFUSED.refine(({ errors }) => errors.some((each) => /\bIP\b|allow-? ?list/i.test(each)));

/** @throws {Failure} `suspended` when our address is kept out */
export async function liveness(
  upstream: Upstream,
  key: Secret,
  signal: AbortSignal,
): Promise<'alive' | 'dead'> {
  const request = {
    method: 'GET',
    path: '/api/v1/validate',
    headers: { ...AS_JSON, 'dd-api-key': key },
    signal,
  } as const;
  const { means } = await ask(upstream, request, [
    row([200], z.object({ valid: z.literal(true) }), 'alive'),
    row([403], BLOCKED, 'blocked'),
    row([403], REFUSED, 'dead'),
  ]);
  if (means === 'blocked') throw suspended(upstream, 403);
  return means;
}

/**
 * For a key that no organization has: a site does not know the keys of the others, so all sites are asked.
 * @returns the one that lets it in
 */
export function letInAt(
  upstreams: readonly Upstream[],
  key: Secret,
  signal: AbortSignal,
): Promise<string | undefined> {
  // One site that is down, or not reached from here, keeps neither the others nor the lane from going on.
  return firstSparingTheLane([...upstreams.keys()], async (index) => {
    const upstream = upstreams[index];
    return upstream && (await liveness(upstream, key, signal)) === 'alive' ? SITES[index] : undefined;
  });
}
