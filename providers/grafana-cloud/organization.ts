/** The tokens of one organisation. Quirks are listed in `index.ts`. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { alreadyInactive, livenessOf, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { contentOf } from './content.ts';
import type { GrafanaCloudConfig } from './index.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 20;

const ERROR = z.object({ message: z.string() });
const REFUSED = [{ status: 401, body: ERROR }];
const ALIVE = [
  { status: 200, body: z.object({ items: z.array(z.unknown()) }) },
  { status: 403, body: ERROR },
];
const TOKENS = z.object({
  items: z.array(z.object({ id: z.string().min(1), name: z.string(), accessPolicyId: z.string().min(1) })),
  metadata: z.object({ pagination: z.object({ nextPage: z.string().nullish() }).optional() }).optional(),
});
type ListedToken = z.output<typeof TOKENS>['items'][number];
const POLICY = z.object({ name: z.string() });

const TOO_MANY = 'The organisation has more tokens than Quash reads: delete the token by hand.';
const AMBIGUOUS = 'The token works, but not exactly one has its name: find and delete it by hand.';

export function keeperOf(
  { id: orgId, token: own }: GrafanaCloudConfig['organizations'][number],
  tools: Tools,
): Keeper {
  const upstream = tools.upstream('https://www.grafana.com/api');
  const authorization = bearer(own);
  const call = operatorCalls(upstream, { authorization });

  const askItself = async (token: Secret, region: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: '/v1/tokens', query: { region, pageSize: 1 } } as const;
    const headers = { authorization: bearer(token) };
    const answer = await upstream.request({ ...request, headers, statuses: [200, 401, 403], signal });
    return livenessOf(upstream, answer, { dead: REFUSED, alive: ALIVE });
  };
  /** All tokens of the region; undefined when there are too many to read. */
  const listTokens = (region: string, signal: AbortSignal) => {
    return readPages<ListedToken, string | null>(null, MAX_PAGES, async (pageCursor) => {
      const query = { region, pageSize: PAGE_SIZE, ...(pageCursor !== null && { pageCursor }) };
      const answer = await call({ method: 'GET', path: '/v1/tokens', query, statuses: [200], signal });
      const { items, metadata } = answer.json(TOKENS);
      const nextPage = metadata?.pagination?.nextPage;
      if (!nextPage) return { items, next: undefined };
      const next = new URLSearchParams(nextPage.split('?')[1]).get('pageCursor');
      if (next === null) throw unexpected(upstream, answer);
      return { items, next };
    });
  };
  const policyName = async (id: string, region: string, signal: AbortSignal) => {
    const path = `/v1/accesspolicies/${encodeURIComponent(id)}`;
    const answer = await call({ method: 'GET', path, query: { region }, statuses: [200], signal });
    return answer.json(POLICY).name;
  };

  return {
    name: orgId,
    own,
    async find(token, { signal }) {
      const content = contentOf(token);
      if (content?.o !== orgId) return undefined;
      const region = content.m.r;
      if ((await askItself(token, region, signal)) === 'dead') return alreadyInactive({ orgId });
      const tokens = await listTokens(region, signal);
      if (!tokens) return refused('ambiguous', TOO_MANY, { orgId });
      const matches: string[] = [];
      for (const { id, name, accessPolicyId } of tokens) {
        if (name === content.n) matches.push(id);
        else if (content.n.endsWith(`-${name}`)) {
          const policy = await policyName(accessPolicyId, region, signal);
          if (`${policy}-${name}` === content.n) matches.push(id);
        }
      }
      if (matches.length === 1) return matches[0];
      return refused('ambiguous', AMBIGUOUS, { orgId, candidates: matches.map((tokenId) => ({ tokenId })) });
    },
    async remove(id, token, signal) {
      const region = contentOf(token)?.m.r ?? '';
      // Required; the same for a repeated call.
      const headers = { authorization, 'x-request-id': createHash('sha256').update(id).digest('hex') };
      const path = `/v1/tokens/${encodeURIComponent(id)}`;
      const send = operatorCalls(upstream, headers);
      const request = { method: 'DELETE', path, query: { region }, notFound: ERROR } as const;
      const answer = await send({ ...request, statuses: [200, 204], signal });
      if (answer.status === 200) answer.json(z.looseObject({}));
      return revoked({ orgId, tokenId: id });
    },
    look: (_id, token, signal) => askItself(token, contentOf(token)?.m.r ?? '', signal),
    async probe(signal) {
      const query = { region: 'us', pageSize: 1 };
      await call({ method: 'GET', path: '/v1/tokens', query, statuses: [200], signal });
    },
  };
}
