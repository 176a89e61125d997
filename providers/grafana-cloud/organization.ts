/** The tokens of one organization. Quirks are listed in `index.ts`. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, AS_JSON, ask, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { GrafanaCloudConfig } from './config.ts';
import { type Content, contentOf } from './content.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 20;

const ERROR = z.object({ message: z.string() });
const failing = (code: string) => z.object({ code: z.literal(code), message: z.string() });

/** Of a token that is known: `invalid permission: access policy missing required scope [...], received [...]`. */
const SCOPELESS = z.object({
  code: z.literal('Unauthorized'),
  message: z.string().regex(/\bmissing required scope\b/),
});

const TOKENS = z.object({
  items: z.array(z.object({ id: z.string().min(1), name: z.string(), accessPolicyId: z.string().min(1) })),
  metadata: z.object({ pagination: z.object({ nextPage: z.string().nullish() }).optional() }).optional(),
});
type ListedToken = z.output<typeof TOKENS>['items'][number];
const POLICY = z.object({ name: z.string() });

/** `no-region`: Grafana Cloud has no such region, so that nobody was asked. */
type Seen = 'alive' | 'refused' | 'no-region';

const NO_REGION = refused(
  'unrecognised',
  'Grafana Cloud does not know the region that stands inside this token: look at the leak whether it is a real one, and delete it by hand.',
);
const TOO_MANY = 'The organization has more tokens than Quash reads: delete the token by hand.';
const AMBIGUOUS = 'The token works, but not exactly one has its name: find and delete it by hand.';

export function accountOf(
  { id: orgId, token: own }: GrafanaCloudConfig['organizations'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream('https://www.grafana.com/api');
  const authorization = bearer(own);
  const call = operatorCalls(upstream, { ...AS_JSON, authorization });

  /** `alive` also of a token that lacks the right to list tokens, or whose policy does not allow our address: it is known. */
  const see = async (token: Secret, region: string, signal: AbortSignal): Promise<Seen> => {
    const headers = { ...AS_JSON, authorization: bearer(token) };
    const query = { region, pageSize: 1 };
    const request = { method: 'GET', path: '/v1/tokens', query, headers, signal } as const;
    const { means } = await ask<AnswerRow<Seen>>(upstream, request, [
      row([200], z.object({ items: z.array(z.unknown()) }), 'alive'),
      row([403], failing('Forbidden'), 'alive'),
      row([401], SCOPELESS, 'alive'),
      row([401], failing('InvalidCredentials'), 'refused'),
      row([404], failing('NotFound'), 'no-region'),
    ]);
    return means;
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

  const find = async (
    { n: fullName }: Content,
    region: string,
    signal: AbortSignal,
  ): Promise<Sight<string>> => {
    const tokens = await listTokens(region, signal);
    if (!tokens) return { state: 'unable', refusal: refused('ambiguous', TOO_MANY, { orgId }) };
    const matches: string[] = [];
    for (const { id, name, accessPolicyId } of tokens) {
      if (name === fullName) matches.push(id);
      else if (fullName.endsWith(`-${name}`)) {
        const policy = await policyName(accessPolicyId, region, signal);
        if (`${policy}-${name}` === fullName) matches.push(id);
      }
    }
    const [only, ...others] = matches;
    if (only !== undefined && others.length === 0) {
      // The name is inside the token, unsigned: that the token works does not say that it is its own.
      return { state: 'alive', found: only, by: 'unproven', evidence: { orgId, tokenId: only } };
    }
    const candidates = matches.map((tokenId) => ({ tokenId }));
    return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { orgId, candidates }) };
  };

  return {
    name: orgId,
    async look(token, { signal }) {
      const content = contentOf(token);
      if (content?.o !== orgId) return { state: 'absent' };
      const region = content.m.r;
      const seen = await see(token, region, signal);
      if (seen === 'no-region') return { state: 'unable', refusal: NO_REGION };
      return seen === 'alive' ? find(content, region, signal) : { state: 'absent' };
    },
    async revoke(id, token, { signal }) {
      const region = contentOf(token)?.m.r ?? '';
      // Required; the same for a repeated call.
      const headers = {
        ...AS_JSON,
        authorization,
        'x-request-id': createHash('sha256').update(id).digest('hex'),
      };
      const path = `/v1/tokens/${encodeURIComponent(id)}`;
      const send = operatorCalls(upstream, headers);
      const request = { method: 'DELETE', path, query: { region }, notFound: ERROR } as const;
      const answer = await send({ ...request, statuses: [200, 204], signal });
      if (answer.status === 200) answer.json(z.looseObject({}));
      return revoked();
    },
    async verify(_id, token, { signal }) {
      const livenesses = { alive: 'alive', refused: 'dead', 'no-region': 'unknown' } as const;
      return livenesses[await see(token, contentOf(token)?.m.r ?? '', signal)];
    },
    async probe(signal) {
      const query = { region: 'us', pageSize: 1 };
      await call({ method: 'GET', path: '/v1/tokens', query, statuses: [200], signal });
    },
  };
}
