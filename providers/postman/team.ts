/** The collection access keys of one team. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
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

/** Notes of earlier versions have the id alone. */
export const FOUND = z.union([
  z.object({ keyId: z.string().min(1), collectionId: z.string().min(1).nullable() }),
  z
    .string()
    .min(1)
    .transform((keyId) => ({ keyId, collectionId: null })),
]);
type Found = z.output<typeof FOUND>;

/** They are told by their last characters, so all of them stand under one key. */
const ALL = '';

const isActive = ({ status }: KeyRecord) => status === 'ACTIVE';

const COLLECTION = z.object({ collection: z.looseObject({}) });
const ERROR = z.object({ error: z.object({ name: z.string() }) }).or(z.object({ title: z.string() }));

export function accountOf(
  { name, region, apiKey }: PostmanConfig['teams'][number],
  tools: Tools,
): Account<Found> {
  const upstream = tools.upstream(HOSTS[region]);
  const call = operatorCalls(upstream, { 'x-api-key': apiKey });

  const readPage = async (cursor: string | null, signal: AbortSignal) => {
    const query = { ...(cursor && { cursor }) };
    const request = { method: 'GET', path: '/collection-access-keys', query, statuses: [200] } as const;
    return (await call({ ...request, signal })).json(PAGE);
  };
  const list = new SearchedList<KeyRecord, string | null>({
    ...{ clock: tools.clock, first: null, maxCalls: MAX_PAGES },
    async read(cursor, signal) {
      const { data, meta } = await readPage(cursor, signal);
      return { items: data.filter(isActive).map((each) => [ALL, each]), next: meta?.nextCursor || undefined };
    },
  });
  /** As they are now. */
  const activeKeys = async (signal: AbortSignal): Promise<readonly KeyRecord[] | 'too-many'> => {
    const all = await readPages<KeyRecord, string | null>(null, MAX_PAGES, async (cursor) => {
      const { data, meta } = await readPage(cursor, signal);
      return { items: data, next: meta?.nextCursor || undefined };
    });
    return all?.filter(isActive) ?? 'too-many';
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

  /** Of a collection that opens to a key that nobody has, the leaked one shows nothing. */
  const opensByItself = async (token: Secret, collectionId: string, signal: AbortSignal) =>
    (await opens(token, collectionId, signal)) && !(await opens(NOBODYS, collectionId, signal));

  /** A list without it may be that of a user who sees less than before. */
  const isGone = async (token: Secret, { collectionId }: Found, signal: AbortSignal) =>
    collectionId === null || !(await opensByItself(token, collectionId, signal));

  return {
    name,
    seenWith: credentialMark(apiKey),
    async look(token, step, known) {
      const { signal } = step;
      const active = await (known ? activeKeys(signal) : list.findAnew(ALL, step));
      if (typeof active === 'object' && 'state' in active) return active;
      if (active === 'too-many') {
        const refusal = refused('ambiguous', TOO_MANY, { team: name });
        return { state: 'unable', refusal, maybeElsewhere: true };
      }
      const alike = active.filter((record) => mayBe(token.reveal(), record.token, { fixedHead: 'PMAT-' }));
      if (alike.length === 0) {
        if (!known || (await isGone(token, known, signal))) return { state: 'absent' };
        throw new Failure('permission-missing', { scope: 'entry', target: upstream.base });
      }
      const opening: KeyRecord[] = [];
      for (const record of alike) {
        if (await opensByItself(token, record.collectionId, signal)) opening.push(record);
      }
      const [only, ...others] = opening;
      if (only && others.length === 0) {
        const found = { keyId: only.id, collectionId: only.collectionId };
        return { state: 'alive', found, by: 'one-fits', toldBy: 'text', evidence: { keyId: only.id } };
      }
      const candidates = (only ? opening : alike).map(({ id, collectionId }) => ({
        keyId: id,
        collectionId,
      }));
      const evidence = { team: name, candidates };
      if (only) return { state: 'unable', refusal: refused('ambiguous', SEVERAL, evidence) };
      return { state: 'unable', refusal: refused('ambiguous', UNPROVEN, evidence), maybeElsewhere: true };
    },
    async revoke({ keyId }, _token, { signal }) {
      const path = `/collection-access-keys/${encodeURIComponent(keyId)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERROR, signal });
      return revoked();
    },
    async verify(found, token, { signal }) {
      const active = await activeKeys(signal);
      if (active === 'too-many') return 'unknown';
      if (active.some(({ id }) => id === found.keyId)) return 'alive';
      return (await isGone(token, found, signal)) ? 'dead' : 'alive';
    },
    async probe(signal) {
      await readPage(null, signal);
    },
  };
}
