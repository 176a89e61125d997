/** What OpenAI answers to a key that asks for itself. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { suspended } from '../../src/provider/kit/results.ts';
import { type Answer, bearer, type Upstream, type UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export type Probe = Pick<UpstreamRequest, 'path' | 'query'>;

const errorOf = (...codes: readonly [string, ...string[]]) =>
  z.object({ error: z.object({ code: z.enum(codes) }) });

/** They pass by themselves, or by the owner's act. */
const PASSING = errorOf(
  ...(['ip_not_authorized', 'account_deactivated', 'unsupported_country_region_territory'] as const),
  // Its owner left the organization, and may be invited again: https://github.com/abi/screenshot-to-code/issues/9.
  'no_organization',
  // Of a project that was archived: kriegcloud/beep-effect, specs/pending/enron-knowledge-demo-integration/handoffs.
  'not_authorized_invalid_project',
);

/**
 * Of a user, whose organization lets in keys of projects alone, until it changes its mind. Public reports quote it with
 * "Your organization does not allow user keys".
 */
const USER_KEY = errorOf('not_authorized_invalid_key_type');

/** Said with 401 as well: https://github.com/microsoft/PowerToys/issues/32989. Only a key that works has scopes. */
const LACKS_SCOPE = z.object({ error: z.object({ message: z.string().regex(/\bMissing scopes: /) }) });

/**
 * What one host answers to a key.
 * @throws {Failure} `suspended`
 */
export async function probeAt(
  upstream: Upstream,
  token: Secret,
  call: Probe,
  signal: AbortSignal,
): Promise<Answer | 'refused' | 'elsewhere'> {
  const request = { ...call, method: 'GET', headers: { authorization: bearer(token) }, signal } as const;
  const { means, answer } = await ask(upstream, request, [
    row([401], errorOf('invalid_api_key'), 'refused'),
    row([401], errorOf('incorrect_hostname'), 'elsewhere'),
    row([401, 403], PASSING, 'passing'),
    row([200], z.object({ data: z.array(z.unknown()) }), 'alive'),
    row([401], USER_KEY, 'alive'),
    // It may do some things only.
    row([401], LACKS_SCOPE, 'alive'),
    row([403], z.object({ error: z.object({ message: z.string() }) }), 'alive'),
  ]);
  if (means === 'passing') throw suspended(upstream, answer.status);
  return means === 'alive' ? answer : means;
}
