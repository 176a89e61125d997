/**
 * The resources of a subscription that have keys of a kind, page by page.
 *
 * - What cannot list its own at the moment (400, 404, 409), such as a function app that is stopped, is passed by.
 */
import { z } from 'zod';
import type { Tenant } from '../../src/provider/kit/tenants.ts';
import type { Directory } from './directory.ts';
import type { ResourceKind } from './slot.ts';

const RESOURCES = z.object({
  value: z.array(z.object({ id: z.string(), kind: z.string().nullish() })),
  nextLink: z.string().nullish(),
});
export const ERROR = z.object({ error: z.object({ code: z.string() }) });
const LIST_VERSION = '2021-04-01';
const PAGE_SIZE = 200;
const MAX_PAGES = 25;

type ResourcePage = z.output<typeof RESOURCES>;

export type ListResources = (
  tenant: Tenant,
  query: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
) => Promise<ResourcePage>;

type Send = ReturnType<Directory['sender']>;

export function createResourceLists(send: Send) {
  const listPage = async (
    { upstream }: Tenant,
    path: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<ResourcePage> =>
    (await send(upstream, { method: 'GET', path, query, statuses: [200], signal })).json(RESOURCES);

  /** What a resource cannot list now, or not in its pricing tier, is passed by. */
  const listBelow: typeof listPage = async ({ upstream }, path, query, signal) => {
    const statuses = [200, 400, 404, 409];
    const answer = await send(upstream, { method: 'GET', path, query, statuses, signal });
    if (answer.status === 200) return answer.json(RESOURCES);
    answer.json(ERROR);
    return { value: [] };
  };

  const listResources: ListResources = (tenant, query, signal) =>
    listPage(tenant, '/resources', { 'api-version': LIST_VERSION, ...query }, signal);

  /** @throws {TooMany} */
  async function* allPages(
    list: typeof listPage,
    tenant: Tenant,
    path: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): AsyncGenerator<ResourcePage['value'][number]> {
    let cursor: Readonly<Record<string, string>> = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      const { value, nextLink } = await list(tenant, path, { ...query, ...cursor }, signal);
      yield* value;
      if (!nextLink) return;
      cursor = cursorOf(nextLink);
    }
    throw new TooMany();
  }

  /** The encoded paths of all that have keys of this kind. */
  async function* holders(tenant: Tenant, kind: ResourceKind, signal: AbortSignal): AsyncGenerator<string> {
    const filter = { $filter: `resourceType eq '${kind.type}'`, $top: PAGE_SIZE };
    const query = { 'api-version': LIST_VERSION, ...filter };
    for await (const each of allPages(listPage, tenant, '/resources', query, signal)) {
      if (kind.only && !kind.only.test(each.kind ?? '')) continue;
      const resource = belowSubscription(each.id);
      if (kind.below === undefined) {
        yield resource;
        continue;
      }
      const collection = `${resource}/${kind.below}`;
      const version = { 'api-version': kind.apiVersion };
      for await (const { id } of allPages(listBelow, tenant, collection, version, signal)) {
        yield `${collection}/${encodeURIComponent(id.slice(id.lastIndexOf('/') + 1))}`;
      }
    }
  }

  return { holders, listResources };
}

/** A list does not end within what Quash reads. */
export class TooMany extends Error {}

/** The link's host is the answer's word, so only the cursor is taken from it. */
function cursorOf(nextLink: string): Readonly<Record<string, string>> {
  const query = URL.parse(nextLink)?.searchParams;
  const cursor = ['$skiptoken', '$skip'].flatMap((name) => {
    const value = query?.get(name);
    return value ? [[name, value]] : [];
  });
  if (cursor.length === 0) throw new TooMany();
  return Object.fromEntries(cursor);
}

/** The encoded path of a resource below its subscription. */
function belowSubscription(id: string): string {
  return id
    .replace(/^\/subscriptions\/[^/]+/i, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}
