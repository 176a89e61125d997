/** The collection access keys of one team. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { PostmanConfig } from './config.ts';

const HOSTS = { us: 'https://api.getpostman.com', eu: 'https://api.eu.postman.com' } as const;

const SEVERAL = 'Several collection access keys may be the leaked one: find out which, and delete that.';
const UNPROVEN =
  'A collection access key ends like the leaked one, but the leaked one does not open its collection: it is of another team, or the collection is gone, or everybody may read it.';
const TOO_MANY = 'The team has more collection access keys than Quash reads: find the leaked one by hand.';

const NOBODYS = new Secret(`PMAT-${'0'.repeat(26)}`);
const MAX_PAGES = 50;

const PAGE = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      token: z.string(),
      status: z.string(),
      collectionId: z.string().min(1),
    }),
  ),
  meta: z.object({ nextCursor: z.string().nullish() }).optional(),
});
type KeyRecord = z.output<typeof PAGE>['data'][number];

const COLLECTION = z.object({ collection: z.looseObject({}) });
const ERROR = z.object({ error: z.object({ name: z.string() }) }).or(z.object({ title: z.string() }));

export function accountOf(
  { name, region, apiKey }: PostmanConfig['teams'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(HOSTS[region]);
  const call = operatorCalls(upstream, { 'x-api-key': apiKey });

  const readPage = async (cursor: string | null, signal: AbortSignal) => {
    const query = { ...(cursor && { cursor }) };
    const request = { method: 'GET', path: '/collection-access-keys', query, statuses: [200] } as const;
    return (await call({ ...request, signal })).json(PAGE);
  };
  /** Undefined when there are too many to read. */
  const activeKeys = async (signal: AbortSignal): Promise<readonly KeyRecord[] | undefined> => {
    const all = await readPages<KeyRecord, string | null>(null, MAX_PAGES, async (cursor) => {
      const { data, meta } = await readPage(cursor, signal);
      return { items: data, next: meta?.nextCursor || undefined };
    });
    return all?.filter(({ status }) => status === 'ACTIVE');
  };
  const opens = async (token: Secret, collectionId: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await upstream.request({
      method: 'GET',
      path: `/collections/${encodeURIComponent(collectionId)}`,
      query: { access_key: token, model: 'minimal' },
      statuses: [200, 400, 401, 403, 404],
      signal,
    });
    if (answer.status === 200) answer.json(COLLECTION);
    else if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    return answer.status === 200;
  };

  return {
    name,
    async look(token, { signal }) {
      const active = await activeKeys(signal);
      if (!active) {
        const refusal = refused('ambiguous', TOO_MANY, { team: name });
        return { state: 'unable', refusal, maybeElsewhere: true };
      }
      const alike = active.filter((record) => mayBe(token.reveal(), record.token, { fixedHead: 'PMAT-' }));
      if (alike.length === 0) return { state: 'absent' };
      const opening: KeyRecord[] = [];
      for (const record of alike) {
        if (!(await opens(token, record.collectionId, signal))) continue;
        // Of a collection that opens to a key that nobody has, the leaked one shows nothing.
        if (!(await opens(NOBODYS, record.collectionId, signal))) opening.push(record);
      }
      const [only, ...others] = opening;
      if (only && others.length === 0) {
        return { state: 'alive', found: only.id, by: 'one-fits', evidence: { keyId: only.id } };
      }
      const candidates = (only ? opening : alike).map(({ id, collectionId }) => ({
        keyId: id,
        collectionId,
      }));
      const evidence = { team: name, candidates };
      if (only) return { state: 'unable', refusal: refused('ambiguous', SEVERAL, evidence) };
      return { state: 'unable', refusal: refused('ambiguous', UNPROVEN, evidence), maybeElsewhere: true };
    },
    async revoke(id, _token, { signal }) {
      const path = `/collection-access-keys/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERROR, signal });
      return revoked();
    },
    async verify(id, _token, { signal }) {
      const active = await activeKeys(signal);
      if (!active) return 'unknown';
      return active.some((record) => record.id === id) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await readPage(null, signal);
    },
  };
}
