/**
 * The resources of a subscription that have keys of a kind, page by page.
 *
 * - What cannot list its own at the moment (400, 404, 409), such as a function app that is stopped, is passed by.
 */
import { z } from 'zod';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Directory } from './directory.ts';
import type { ResourceKind } from './slot.ts';

const RESOURCES = z.object({
  value: z.array(z.object({ id: z.string(), kind: z.string().nullish() })),
  nextLink: z.string().nullish(),
});
/** Most services answer in the first shape, Microsoft.Web in the second. */
const ERROR = z
  .object({ error: z.object({ code: z.string() }) })
  .transform(({ error }) => error.code)
  .or(z.object({ Code: z.string() }).transform(({ Code }) => Code));

/** @throws {Failure} `unexpected-answer` when it is no error of Azure's */
export function errorCode(upstream: Upstream, answer: Answer): string {
  const code = answer.maybeJson(ERROR);
  if (code === undefined) throw unexpected(upstream, answer);
  return code;
}

const LIST_VERSION = '2021-04-01';
const PAGE_SIZE = 200;
const MAX_PAGES = 25;

type ResourcePage = z.output<typeof RESOURCES>;

export type ListResources = (
  upstream: Upstream,
  query: Readonly<Record<string, string | number>>,
  signal: AbortSignal,
) => Promise<ResourcePage>;

type Send = ReturnType<Directory['sender']>;

export function createResourceLists(send: Send) {
  const listPage = async (
    upstream: Upstream,
    path: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<ResourcePage> =>
    (await send(upstream, { method: 'GET', path, query, statuses: [200], signal })).json(RESOURCES);

  /** Skips lists that a resource cannot give now, or not in its pricing tier. */
  const listBelow: typeof listPage = async (upstream, path, query, signal) => {
    const statuses = [200, 400, 404, 409];
    const answer = await send(upstream, { method: 'GET', path, query, statuses, signal });
    if (answer.status === 200) return answer.json(RESOURCES);
    errorCode(upstream, answer);
    return { value: [] };
  };

  const listResources: ListResources = (upstream, query, signal) =>
    listPage(upstream, '/resources', { 'api-version': LIST_VERSION, ...query }, signal);

  /** @throws {TooMany} */
  async function* allPages(
    list: typeof listPage,
    upstream: Upstream,
    path: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): AsyncGenerator<ResourcePage['value'][number]> {
    let cursor: Readonly<Record<string, string>> = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      const { value, nextLink } = await list(upstream, path, { ...query, ...cursor }, signal);
      yield* value;
      if (!nextLink) return;
      cursor = cursorOf(nextLink);
    }
    throw new TooMany();
  }

  /** The encoded paths of all in a collection of this resource, or in a collection of each of those. */
  async function* membersOf(
    upstream: Upstream,
    resource: string,
    [collection, ...below]: readonly string[],
    apiVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    if (collection === undefined) {
      yield resource;
      return;
    }
    const path = `${resource}/${collection}`;
    for await (const { id } of allPages(listBelow, upstream, path, { 'api-version': apiVersion }, signal)) {
      const member = `${path}/${encodeURIComponent(id.slice(id.lastIndexOf('/') + 1))}`;
      yield* membersOf(upstream, member, below, apiVersion, signal);
    }
  }

  /** The encoded paths of all that have keys of this kind. */
  async function* holders(
    upstream: Upstream,
    kind: ResourceKind,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const filter = { $filter: `resourceType eq '${kind.type}'`, $top: PAGE_SIZE };
    const query = { 'api-version': LIST_VERSION, ...filter };
    for await (const each of allPages(listPage, upstream, '/resources', query, signal)) {
      if (kind.only && !kind.only.test(each.kind ?? '')) continue;
      yield* membersOf(upstream, belowSubscription(each.id), kind.below ?? [], kind.apiVersion, signal);
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
