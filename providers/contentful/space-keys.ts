/**
 * Delivery and preview keys of spaces.
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/#/reference/api-keys
 *
 * - Keys of 2018 are 64 hex digits (contentful/contentful-management.php, tests/Recordings/e2e_api_key_*.json).
 * - A delivery key and a preview key share one record and go together.
 * - The lists of a space's keys show their values, and are read once for all keys that wait. A deleted key is as unknown as one of another space.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Space } from './config.ts';
import { isCut } from './lengths.ts';
import { MAX_PAGES, pageOf, pageQuery } from './lists.ts';

export const CONTENT_KEY: TokenKind = {
  id: 'content-key',
  types: ['gitleaks_rule_id_contentful_delivery_api_token', 'gitleaks_rule_id_contentful_preview_api_token'],
  pattern: /(?<![\w-])(?:[0-9a-f]{64}|[\w-]{43})(?![\w-])/,
  effect: 'wider',
  warning: 'The delivery key and the preview key of the same name are deleted together.',
  possession: 'listed-whole',
  places: { open: 'A key is known to its space alone; the configured ones are asked.' },
  whole: (key) => !isCut(key),
  undo: 'no',
};

const NOT_FOUND = z.object({ sys: z.object({ id: z.literal('NotFound') }) });

/** A delivery key names the preview key beside it. */
const KEY = z.object({
  sys: z.object({ id: z.string().min(1) }),
  accessToken: z.string(),
  preview_api_key: z.object({ sys: z.object({ id: z.string().min(1) }) }).optional(),
});

const DELIVERY = 'api_keys';
const PREVIEW = 'preview_api_keys';

interface Cursor {
  readonly list: typeof DELIVERY | typeof PREVIEW;
  readonly skip: number;
}

interface Listed {
  readonly list: Cursor['list'];
  readonly id: string;
}

const MAX_CALLS = 2 * MAX_PAGES;

const NO_RECORD =
  'This preview key has no delivery key that it could be deleted with: delete it in the settings of its space.';

const TOO_MANY = 'This space has more keys than Quash reads: delete the key in the settings of the space.';

export function spaceAccount(
  upstream: Upstream,
  clock: Clock,
  { id: space, managementToken }: Space,
): Account<string> {
  const call = operatorCalls(upstream, { authorization: bearer(managementToken) });
  const readPage = async ({ list, skip }: Cursor, signal: AbortSignal) => {
    const path = `/spaces/${space}/${list}`;
    const answer = await call({ method: 'GET', path, query: pageQuery(skip), statuses: [200], signal });
    return pageOf(KEY, answer, skip);
  };
  const keys = new SearchedList<Listed, Cursor>({
    ...{ clock, first: { list: DELIVERY, skip: 0 }, maxCalls: MAX_CALLS, isByNumber: ({ skip }) => skip > 0 },
    async read({ list, skip }, signal) {
      const { items, next } = await readPage({ list, skip }, signal);
      const other: Cursor | undefined = list === DELIVERY ? { list: PREVIEW, skip: 0 } : undefined;
      return {
        items: items.flatMap((key) => keysOf(key).map((each) => [each, { list, id: key.sys.id }] as const)),
        next: next === undefined ? other : { list, skip: next },
      };
    },
  });
  const search = async (key: string, step: Step): Promise<Listed | Exclude<Sight<string>, Alive>> => {
    const hits = await keys.find(key, step);
    if (hits === 'too-many') return { state: 'unable', refusal: refused('ambiguous', TOO_MANY, { space }) };
    if ('state' in hits) return hits;
    return hits[0] ?? { state: 'absent' };
  };
  const recordPath = (list: Cursor['list'], id: string) =>
    `/spaces/${space}/${list}/${encodeURIComponent(id)}`;
  /** Undefined when it is gone. */
  const record = async (list: Cursor['list'], id: string, signal: AbortSignal) => {
    const path = recordPath(list, id);
    const within = { path: `/spaces/${space}/${list}`, shows: z.object({ items: z.array(KEY) }) };
    const gone = { notFound: NOT_FOUND, within };
    const answer = await call({ method: 'GET', path, statuses: [200], ...gone, signal });
    return answer.status === 404 ? undefined : answer.json(KEY);
  };
  const isOf = async (token: Secret, id: string, signal: AbortSignal): Promise<boolean> => {
    const delivery = await record(DELIVERY, id, signal);
    if (!delivery || isAmong([delivery.accessToken], token)) return delivery !== undefined;
    const beside = delivery.preview_api_key?.sys.id;
    const preview = beside === undefined ? undefined : await record(PREVIEW, beside, signal);
    return preview !== undefined && isAmong([preview.accessToken], token);
  };
  return {
    name: space,
    async look(token, step, known) {
      if (known !== undefined)
        return (await isOf(token, known, step.signal)) ? alive(known) : { state: 'absent' };
      const key = await search(digestOf(token), step);
      if ('state' in key) return key;
      if (key.list === DELIVERY) return alive(key.id);
      const owner = await search(besideKey(key.id), step);
      if (!('state' in owner)) return alive(owner.id);
      if (owner.state !== 'absent') return owner;
      return { state: 'unable', refusal: refused('manual', NO_RECORD, { space, previewKeyId: key.id }) };
    },
    async revoke(id, _token, { signal }) {
      const path = recordPath(DELIVERY, id);
      await call({ method: 'DELETE', path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked();
    },
    verify: async (id, _token, { signal }) => ((await record(DELIVERY, id, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await readPage({ list: DELIVERY, skip: 0 }, signal);
    },
  };
}

interface Alive {
  readonly state: 'alive';
}

function alive(id: string): Sight<string> {
  return { state: 'alive', found: id, by: 'listed-whole', evidence: { keyId: id } };
}

/** Under what a key is searched for: its value, and the preview key that it is deleted with. */
function keysOf({ accessToken, preview_api_key: beside }: z.infer<typeof KEY>): readonly string[] {
  return [digestOf(accessToken), ...(beside ? [besideKey(beside.sys.id)] : [])];
}

/** No digest has a colon. */
function besideKey(previewId: string): string {
  return `beside: ${previewId}`;
}
