/**
 * One organization, and the calls of its service account.
 *
 * Docs: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { credentialFailure } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { MongodbAtlasConfig } from './index.ts';

const ACCEPT = 'application/vnd.atlas.2023-01-01+json';
const PAGE_SIZE = 500;
const MAX_PAGES = 20;
const LOGIN = z.object({ access_token: z.string().min(1) });
const PAGE = z.object({
  results: z.array(z.object({ id: z.string().regex(/^[a-f0-9]{24}$/), privateKey: z.string() })),
});

export interface Organization {
  readonly id: string;
  /** The calls of one step, which share an access token. */
  login(signal: AbortSignal): Promise<Session>;
}

interface Session {
  list(): Promise<readonly Listed[]>;
  remove(keyId: string): Promise<void>;
}

type Listed = z.output<typeof PAGE>['results'][number];

export function createOrganization(
  upstream: Upstream,
  { id, clientId, clientSecret }: MongodbAtlasConfig['organizations'][number],
): Organization {
  const path = `/api/atlas/v2/orgs/${id}/apiKeys`;
  return {
    id,
    async login(signal) {
      const answer = await upstream.request({
        method: 'POST',
        path: '/api/oauth/token',
        headers: { authorization: basic(clientId, clientSecret), accept: 'application/json' },
        form: { grant_type: 'client_credentials' },
        statuses: [200, 401, 403],
        signal,
      });
      if (answer.status !== 200) throw credentialFailure(upstream, answer);
      const call = operatorCalls(upstream, {
        authorization: bearer(new Secret(answer.json(LOGIN).access_token)),
        accept: ACCEPT,
      });
      return {
        list: () => listKeys(call, upstream, path, signal),
        async remove(keyId) {
          await call({ method: 'DELETE', path: `${path}/${keyId}`, statuses: [204], signal });
        },
      };
    },
  };
}

/** Read to the end, as only then a key is unique or gone. */
async function listKeys(
  call: OperatorCall,
  { base }: Upstream,
  path: string,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const keys = await readPages(1, MAX_PAGES, async (pageNum) => {
    const query = { itemsPerPage: PAGE_SIZE, pageNum };
    const { results } = (await call({ method: 'GET', path, query, statuses: [200], signal })).json(PAGE);
    return { items: results, next: results.length < PAGE_SIZE ? undefined : pageNum + 1 };
  });
  if (!keys) throw new Failure('unexpected-answer', { target: base });
  return keys;
}
