/**
 * Keys of Azure resources: found by value in the keys of all resources that may have one of such a shape, and
 * regenerated in their slot. Docs of each kind: https://learn.microsoft.com/en-us/rest/api/azure/.
 *
 * Quirks:
 * - Endpoints in connection strings are the committer's words: they are not used.
 * - The keys of all these resources are read; none is kept.
 * - Some resources (Cosmos DB, SignalR) regenerate in the background: for some minutes the old key is still listed.
 * - A resource with key access turned off refuses to list its keys (400 or 409): the search passes it by.
 */
import { z } from 'zod';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/tenants.ts';
import type { Body } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/secret.ts';
import { type Directory, MANAGEMENT_SCOPE } from './directory.ts';

/** One of the keys of a resource, and the call below the resource that regenerates it. */
interface Slot {
  readonly key: string;
  readonly path: string;
  readonly json?: Body;
}

interface ResourceKind {
  /** As in the resource's id. */
  readonly type: string;
  readonly apiVersion: string;
  readonly shape: RegExp;
  /** The call below the resource that lists its keys. */
  readonly list: string;
  readonly slots: z.ZodType<readonly Slot[]>;
}

const BYTES_64 = /^[A-Za-z0-9+/]{86}==$/;
const SHORT = /^(?!.*==$)/;

/** Answers like `{"primaryKey":"…","secondaryKey":"…"}`, whose slots go by a name in the body of `path`. */
function named(path: string, parameter: string, slots: Readonly<Record<string, string>>) {
  return z
    .record(z.string(), z.unknown())
    .refine((body) => Object.keys(slots).some((property) => property in body))
    .transform((body): readonly Slot[] =>
      Object.entries(slots).flatMap(([property, slot]) => {
        const key = body[property];
        return typeof key === 'string' ? [{ key, path, json: { [parameter]: slot } }] : [];
      }),
    );
}

const PRIMARY_SECONDARY = { primaryKey: 'Primary', secondaryKey: 'Secondary' };

const KINDS: readonly ResourceKind[] = [
  {
    type: 'Microsoft.Storage/storageAccounts',
    apiVersion: '2023-05-01',
    shape: BYTES_64,
    list: '/listKeys',
    slots: z
      .object({ keys: z.array(z.object({ keyName: z.string(), value: z.string() })) })
      .transform(({ keys }) =>
        keys.map(({ keyName, value }) => ({ key: value, path: '/regenerateKey', json: { keyName } })),
      ),
  },
  {
    type: 'Microsoft.DocumentDB/databaseAccounts',
    apiVersion: '2024-05-15',
    shape: BYTES_64,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyKind', {
      primaryMasterKey: 'primary',
      secondaryMasterKey: 'secondary',
      primaryReadonlyMasterKey: 'primaryReadonly',
      secondaryReadonlyMasterKey: 'secondaryReadonly',
    }),
  },
  {
    type: 'Microsoft.Batch/batchAccounts',
    apiVersion: '2024-02-01',
    shape: BYTES_64,
    list: '/listKeys',
    slots: named('/regenerateKeys', 'keyName', { primary: 'Primary', secondary: 'Secondary' }),
  },
  {
    type: 'Microsoft.CognitiveServices/accounts',
    apiVersion: '2023-05-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'Key1', key2: 'Key2' }),
  },
  {
    type: 'Microsoft.EventGrid/topics',
    apiVersion: '2022-06-15',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'key1', key2: 'key2' }),
  },
  {
    type: 'Microsoft.EventGrid/domains',
    apiVersion: '2022-06-15',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'key1', key2: 'key2' }),
  },
  {
    type: 'Microsoft.SignalRService/SignalR',
    apiVersion: '2023-02-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    type: 'Microsoft.SignalRService/WebPubSub',
    apiVersion: '2023-02-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    type: 'Microsoft.Communication/communicationServices',
    apiVersion: '2023-03-31',
    // Older keys have 64 bytes, newer ones are short.
    shape: /^/,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    type: 'Microsoft.AppConfiguration/configurationStores',
    apiVersion: '2023-03-01',
    shape: SHORT,
    list: '/listKeys',
    slots: z
      .object({ value: z.array(z.object({ id: z.string(), value: z.string() })) })
      .transform(({ value }) =>
        value.map((each) => ({ key: each.value, path: '/regenerateKey', json: { id: each.id } })),
      ),
  },
  {
    type: 'Microsoft.Maps/accounts',
    apiVersion: '2023-06-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', { primaryKey: 'primary', secondaryKey: 'secondary' }),
  },
  {
    type: 'Microsoft.Search/searchServices',
    apiVersion: '2023-11-01',
    shape: SHORT,
    list: '/listAdminKeys',
    slots: z
      .object({ primaryKey: z.string(), secondaryKey: z.string() })
      .transform(({ primaryKey, secondaryKey }) => [
        { key: primaryKey, path: '/regenerateAdminKey/primary' },
        { key: secondaryKey, path: '/regenerateAdminKey/secondary' },
      ]),
  },
];

const RESOURCES = z.object({ value: z.array(z.object({ id: z.string() })), nextLink: z.string().nullish() });
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

const WITHHELD = refused(
  'not-permitted',
  'The resource had this key and does not list its keys any more: see whether its access by keys is turned off, or regenerate the key by hand.',
);

export interface ResourceKeys {
  /** One for each subscription. */
  readonly tenants: readonly Tenant[];
  readonly method: TenantMethod<Tenant, Found>;
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

  const listResources: ResourceKeys['listResources'] = async ({ upstream }, filter, signal) => {
    const query = { 'api-version': LIST_VERSION, ...filter };
    return (await send(upstream, { method: 'GET', path: '/resources', query, statuses: [200], signal })).json(
      RESOURCES,
    );
  };

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
      statuses: [200, 400, 404, 409],
      signal,
    });
    if (answer.status === 200) return answer.json(kind.slots);
    const code = answer.maybeJson(ERROR)?.error.code;
    if (code === undefined) throw unexpected(upstream, answer);
    return answer.status === 404 && /^(Parent)?(Resource)?(Group)?NotFound$/.test(code) ? [] : 'withheld';
  };

  const search = async (tenant: Tenant, token: Secret, signal: AbortSignal): Promise<Sight<Found>> => {
    for (const kind of KINDS.filter(({ shape }) => shape.test(token.reveal()))) {
      let cursor: string | undefined;
      let pages = 0;
      do {
        const filter = { $filter: `resourceType eq '${kind.type}'`, $top: PAGE_SIZE };
        const page = await listResources(
          tenant,
          { ...filter, ...(cursor && { $skiptoken: cursor }) },
          signal,
        );
        for (const { id } of page.value) {
          const resource = belowSubscription(id);
          const slots = await readSlots(tenant, kind, resource, signal);
          if (slotOf(slots, token)) return { state: 'alive', found: { type: kind.type, resource } };
        }
        // The link's host is the answer's word, so only the cursor is taken from it.
        cursor = page.nextLink ? (URL.parse(page.nextLink)?.searchParams.get('$skiptoken') ?? '') : undefined;
        if (cursor === '' || ++pages === MAX_PAGES) return { state: 'unable', refusal: TOO_MANY };
      } while (cursor !== undefined);
    }
    return { state: 'absent' };
  };

  const method: TenantMethod<Tenant, Found> = {
    found: foundSchema,
    async look(tenant, token, { signal }, known) {
      const kind = KINDS.find(({ type }) => type === known?.type);
      if (!known || !kind) return search(tenant, token, signal);
      const slots = await readSlots(tenant, kind, known.resource, signal);
      if (slots === 'withheld') return { state: 'unable', refusal: WITHHELD };
      return slotOf(slots, token) ? { state: 'alive', found: known } : { state: 'dead' };
    },
    async revoke(tenant, token, found, { signal }) {
      const { upstream } = tenant;
      const kind = KINDS.find(({ type }) => type === found.type);
      const slot = kind && slotOf(await readSlots(tenant, kind, found.resource, signal), token);
      const evidence = { resource: decodeURIComponent(found.resource) };
      // Somebody was faster, or the proof will show that it is not so.
      if (!slot) return revoked(evidence);
      const answer = await send(upstream, {
        method: 'POST',
        path: found.resource + slot.path,
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
  };

  const tenants = subscriptions.map((id) => ({
    upstream: tools.upstream(`https://management.azure.com/subscriptions/${id}`),
  }));
  return { tenants, method, listResources };
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
