/** What a token asks of Pulumi Cloud by its own right. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { suspended } from '../../src/provider/kit/results.ts';
import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const USER = z.object({
  githubLogin: z.string(),
  tokenInfo: z
    .object({ name: z.string().min(1), organization: z.string().optional(), team: z.string().optional() })
    .optional(),
});
const RECORD = z.object({
  id: z.string().min(1),
  name: z.string().optional(),
  type: z.string().optional(),
});
const LIST = z.object({ tokens: z.array(RECORD), continuationToken: z.string().nullish() });

const refusal = (message: RegExp) => z.object({ code: z.literal(401), message: z.string().regex(message) });

/** So that no list keeps a worker for good. */
const MAX_PAGES = 50;

/** To the end, as only then a name is known to be there once. @throws {Failure} */
export async function listTokens(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<readonly z.output<typeof RECORD>[]> {
  const records = await readPages(null as string | null, MAX_PAGES, async (cursor) => {
    const query = cursor === null ? {} : { continuationToken: cursor };
    const request = { ...asToken(token, 'GET', '/api/user/tokens'), query, statuses: [200], signal };
    const { tokens, continuationToken } = (await upstream.request(request)).json(LIST);
    return { items: tokens, next: continuationToken || undefined };
  });
  if (!records) throw new Failure('unexpected-answer', { target: upstream.base });
  return records.filter(({ type }) => type !== 'refresh');
}

const TELLS = { owner: ['email', 'githubLogin'], reach: 'organizations.*.githubLogin' };

/** Undefined when the token does not work. */
export async function whoAmI(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<z.output<typeof USER> | undefined> {
  const request = { ...asToken(token, 'GET', '/api/user'), signal, tells: TELLS };
  const { means, answer } = await ask(upstream, request, [
    row([200], USER, (user) => user),
    row([401], refusal(/credentials .*\binvalid/i), undefined),
    row([401], refusal(/\b(?:SAML|SSO)\b/), 'session-over'),
  ]);
  if (means !== 'session-over') return means;
  throw suspended(upstream, answer.status);
}

export function asToken(token: Secret, method: UpstreamRequest['method'], path: string) {
  const authorization = new Secret(`token ${token.reveal()}`);
  return { method, path, headers: { authorization, accept: 'application/vnd.pulumi+8' } };
}
