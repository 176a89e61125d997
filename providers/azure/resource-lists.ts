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

/** By one resource, or resource group, to us alone. */
export const DENIED = z.object({ error: z.object({ code: z.literal('AuthorizationFailed') }) });

/** @throws {Failure} `unexpected-answer` when it is no error of Azure's */
export function errorCode(upstream: Upstream, answer: Answer): string {
  const code = answer.maybeJson(ERROR);
  if (code === undefined) throw unexpected(upstream, answer);
  return code;
}

const LIST_VERSION = '2021-04-01';
const PAGE_SIZE = 200;

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
  const listBelow = async (...[upstream, path, query, signal]: Parameters<typeof listPage>) => {
    const statuses = [200, 400, 404, 409];
    const answer = await send(upstream, { method: 'GET', path, query, statuses, closed: DENIED, signal });
    if (answer.status === 200) return answer.json(RESOURCES);
    if (answer.status === 403) return 'denied';
    errorCode(upstream, answer);
    return { value: [] };
  };

  const listResources: ListResources = (upstream, query, signal) =>
    listPage(upstream, '/resources', { 'api-version': LIST_VERSION, ...query }, signal);

  /** Makes one call. @returns what it leads to, in its order; `denied` where ours lacks the right. @throws {TooMany} */
  const tasksIn = async (
    upstream: Upstream,
    kind: ResourceKind,
    page: PageTask,
    signal: AbortSignal,
  ): Promise<readonly Task[] | 'denied'> => {
    const { path, query, below } = page;
    const isTop = path === TOP;
    const list = await (isTop ? listPage : listBelow)(upstream, path, query, signal);
    if (list === 'denied') return list;
    const { value, nextLink } = list;
    const wanted = value.filter((each) => !isTop || !kind.only || kind.only.test(each.kind ?? ''));
    const members = wanted.map(({ id }) => (isTop ? belowSubscription(id) : `${path}/${nameIn(id)}`));
    return [
      ...members.map((member) => taskOf(member, below, kind)),
      ...(nextLink ? [{ ...page, query: { ...query, ...cursorOf(nextLink) } }] : []),
    ];
  };

  return { tasksIn, listResources };
}

const TOP = '/resources';

/** A page of resources of a kind, or of what is in one of them. */
export interface PageTask {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number>>;
  /** The collections below each, of which the last one's members have the keys. */
  readonly below: readonly string[];
}

/** A page to be read, or the encoded path of what has keys. */
export type Task = PageTask | string;

/** With which the search for all that has keys of this kind begins. */
export function firstTask({ type, below = [] }: ResourceKind): PageTask {
  const filter = { $filter: `resourceType eq '${type}'`, $top: PAGE_SIZE };
  return { path: TOP, query: { 'api-version': LIST_VERSION, ...filter }, below };
}

function taskOf(resource: string, [collection, ...below]: readonly string[], kind: ResourceKind): Task {
  if (collection === undefined) return resource;
  return { path: `${resource}/${collection}`, query: { 'api-version': kind.apiVersion }, below };
}

function nameIn(id: string): string {
  return encodeURIComponent(id.slice(id.lastIndexOf('/') + 1));
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
