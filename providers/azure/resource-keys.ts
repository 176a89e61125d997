/**
 * Keys of Azure resources: found by value in the keys of all resources that may have one of such a shape, and
 * regenerated in their slot. Which resources these are is in `resource-kinds.ts`.
 *
 * Quirks:
 * - Endpoints in connection strings are the committer's words: they are not used.
 * - The keys of all these resources are read; none is kept.
 * - Some resources (Cosmos DB, SignalR) regenerate in the background: for some minutes the old key is still listed.
 * - A resource with key access turned off refuses to list its keys (400 or 409): the search passes it by. So does a
 *   function app that is stopped (400), and a trigger that has no callback URL.
 */
import { z } from 'zod';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/tenants.ts';
import type { Secret } from '../../src/secret.ts';
import { type Directory, MANAGEMENT_SCOPE } from './directory.ts';
import type { ResourceKind, Slot } from './resource-kinds.ts';

const RESOURCES = z.object({
  value: z.array(z.object({ id: z.string(), kind: z.string().nullish() })),
  nextLink: z.string().nullish(),
});
const ERROR = z.object({ error: z.object({ code: z.string() }) });
const LIST_VERSION = '2021-04-01';
const PAGE_SIZE = 200;
const MAX_PAGES = 25;

const foundSchema = z.object({ type: z.string(), resource: z.string() });
type Found = z.output<typeof foundSchema>;

const TOO_MANY = refused(
  'ambiguous',
  'The subscription has more resources than Quash searches: find the one with this key and regenerate it by hand.',
);

const SEVERAL =
  'Several resources have this same key, which somebody must have set by hand: replace it in each of them.';

const WITHHELD = refused(
  'not-permitted',
  'The resource had this key and does not list its keys any more: see whether its access by keys is turned off, or regenerate the key by hand.',
);

export interface ResourceKeys {
  /** One for each subscription. */
  readonly tenants: readonly Tenant[];
  method(kinds: readonly ResourceKind[]): TenantMethod<Tenant, Found>;
  listResources(
    tenant: Tenant,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<ResourcePage>;
}

type ResourcePage = z.output<typeof RESOURCES>;

export function createResourceKeys(
  directory: Directory,
  subscriptions: readonly string[],
  tools: Tools,
): ResourceKeys {
  const send = directory.sender(MANAGEMENT_SCOPE);

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

  const listResources: ResourceKeys['listResources'] = (tenant, query, signal) =>
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

  /** A resource that is gone has no keys; one that does not list them is another matter. */
  const readSlots = async (
    { upstream }: Tenant,
    kind: ResourceKind,
    resource: string,
    signal: AbortSignal,
  ): Promise<readonly Slot[] | 'withheld'> => {
    const query = { 'api-version': kind.apiVersion };
    const path = resource + kind.list;
    const answer = await send(upstream, {
      method: 'POST',
      path,
      query,
      ...(kind.listJson !== undefined && { json: kind.listJson }),
      statuses: [200, 400, 404, 409],
      signal,
    });
    if (answer.status === 200) return answer.json(kind.slots);
    const code = answer.maybeJson(ERROR)?.error.code;
    if (code === undefined) throw unexpected(upstream, answer);
    return answer.status === 404 && /^(Parent)?(Resource)?(Group)?NotFound$/.test(code) ? [] : 'withheld';
  };

  const search = async (
    tenant: Tenant,
    kinds: readonly ResourceKind[],
    token: Secret,
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    const matches: Found[] = [];
    for (const kind of kinds.filter(({ shape }) => shape.test(token.reveal()))) {
      for await (const resource of holders(tenant, kind, signal)) {
        if (!slotOf(await readSlots(tenant, kind, resource, signal), token)) continue;
        matches.push({ type: kind.id, resource });
        if (!kind.chosen) return only(matches);
      }
    }
    return only(matches);
  };

  const method: ResourceKeys['method'] = (kinds) => ({
    found: foundSchema,
    async look(tenant, token, { signal }, known) {
      const kind = kinds.find(({ id }) => id === known?.type);
      if (!known || !kind) {
        return search(tenant, kinds, token, signal).catch((error: unknown) => {
          if (error instanceof TooMany) return { state: 'unable', refusal: TOO_MANY };
          throw error;
        });
      }
      const slots = await readSlots(tenant, kind, known.resource, signal);
      if (slots === 'withheld') return { state: 'unable', refusal: WITHHELD };
      return slotOf(slots, token) ? { state: 'alive', found: known } : { state: 'dead' };
    },
    async revoke(tenant, token, found, { signal }) {
      const { upstream } = tenant;
      const kind = kinds.find(({ id }) => id === found.type);
      const slot = kind && slotOf(await readSlots(tenant, kind, found.resource, signal), token);
      const evidence = { resource: decodeURIComponent(found.resource) };
      // Somebody was faster, or the proof will show that it is not so.
      if (!slot) return revoked(evidence);
      const holder = slot.onParent ? found.resource.split('/').slice(0, -2).join('/') : found.resource;
      const answer = await send(upstream, {
        method: slot.method ?? 'POST',
        path: holder + slot.path,
        query: { 'api-version': kind.apiVersion },
        ...(slot.json !== undefined && { json: slot.json }),
        statuses: [200, 201, 202, 204],
        signal,
      });
      // The answer may hold the new key: it is only made sure that it is no page.
      const isFine = answer.text.trim() === '' || answer.maybeJson(z.json()) !== undefined;
      if (!isFine) throw unexpected(upstream, answer);
      return revoked(evidence);
    },
  });

  const tenants = subscriptions.map((id) => ({
    upstream: tools.upstream(`https://management.azure.com/subscriptions/${id}`),
  }));
  return { tenants, method, listResources };
}

function only([found, ...others]: readonly Found[]): Sight<Found> {
  if (!found) return { state: 'absent' };
  if (others.length === 0) return { state: 'alive', found };
  const candidates = [found, ...others].map(({ resource }) => ({ resource: decodeURIComponent(resource) }));
  return { state: 'unable', refusal: refused('ambiguous', SEVERAL, { candidates }) };
}

/** A list does not end within what Quash reads. */
class TooMany extends Error {}

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

function slotOf(slots: readonly Slot[] | 'withheld', token: Secret): Slot | undefined {
  if (slots === 'withheld') return undefined;
  return slots.find(({ key }) => key === token.reveal());
}

/** The encoded path of a resource below its subscription. */
function belowSubscription(id: string): string {
  return id
    .replace(/^\/subscriptions\/[^/]+/i, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}
