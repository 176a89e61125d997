/**
 * Which Azure resources have keys, and the calls that list and regenerate them. Docs of each:
 * https://learn.microsoft.com/en-us/rest/api/azure/.
 *
 * - Host keys of function apps also open all their functions; a key is renewed by writing its name without a value.
 *   The REST reference shows that body flat, the Azure CLI sends it inside `properties`, as here.
 * - What leaks of a Logic App is a signature, made with one of two access keys. The same callback URL is signed again
 *   with each of them: the one that gives the leaked signature is regenerated. URLs with an end (`se`) are not found.
 *   Workflows of the Standard plan hang below a function app and are not searched.
 * - API Management has keys for direct management, for its self-hosted gateways and for its subscriptions, which look
 *   the same. Tokens that are signed with a gateway's key are not found.
 *
 * Not confirmed: that the master key goes by the name `_master` (tests of the Azure CLI use it), and that a trigger's
 * callback URL heeds `keyType` (the reference shows it for the workflow's). If not, the key is found alive after all.
 */
import { z } from 'zod';
import type { Body } from '../../src/provider/upstream.ts';

/** One of the keys of a resource, and the call that regenerates it. */
export interface Slot {
  readonly key: string;
  /** Below the resource, or below its parent. */
  readonly path: string;
  readonly onParent?: boolean;
  readonly method?: 'PUT';
  readonly json?: Body;
}

export interface ResourceKind {
  /** Stored with an entry. */
  readonly id: string;
  /** As in the resource's id. */
  readonly type: string;
  /** Only resources whose `kind` is like this are asked. */
  readonly only?: RegExp;
  /** The keys are those of each resource in this collection of the resource. */
  readonly below?: string;
  /** Users may set its keys to what they like, so that several resources may have the same. */
  readonly chosen?: boolean;
  readonly apiVersion: string;
  readonly shape: RegExp;
  /** The call below the resource that lists its keys. */
  readonly list: string;
  readonly listJson?: Body;
  readonly slots: z.ZodType<readonly Slot[]>;
}

const BYTES_64 = /^[A-Za-z0-9+/]{86}==$/;
const SHORT = /^(?!.*==$)/;
const ANY = /^/;

type SlotCall = Omit<Slot, 'key'>;

/** Answers like `{"primaryKey":"…","secondaryKey":"…"}`, with the call for each. */
function byProperty(calls: Readonly<Record<string, SlotCall>>) {
  return z
    .record(z.string(), z.unknown())
    .refine((body) => Object.keys(calls).some((property) => property in body))
    .transform((body): readonly Slot[] =>
      Object.entries(calls).flatMap(([property, call]) => {
        const key = body[property];
        return typeof key === 'string' ? [{ key, ...call }] : [];
      }),
    );
}

/** The same, where the slots go by a name in the body of `path`. */
function named(path: string, parameter: string, slots: Readonly<Record<string, string>>) {
  const calls = Object.entries(slots).map(([property, slot]) => [
    property,
    { path, json: { [parameter]: slot } },
  ]);
  return byProperty(Object.fromEntries(calls));
}

const PRIMARY_SECONDARY = { primaryKey: 'Primary', secondaryKey: 'Secondary' };

export const RESOURCE_KINDS: readonly ResourceKind[] = [
  {
    id: 'Microsoft.Storage/storageAccounts',
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
    id: 'Microsoft.DocumentDB/databaseAccounts',
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
    id: 'Microsoft.Batch/batchAccounts',
    type: 'Microsoft.Batch/batchAccounts',
    apiVersion: '2024-02-01',
    shape: BYTES_64,
    list: '/listKeys',
    slots: named('/regenerateKeys', 'keyName', { primary: 'Primary', secondary: 'Secondary' }),
  },
  {
    id: 'Microsoft.CognitiveServices/accounts',
    type: 'Microsoft.CognitiveServices/accounts',
    apiVersion: '2023-05-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'Key1', key2: 'Key2' }),
  },
  {
    id: 'Microsoft.EventGrid/topics',
    type: 'Microsoft.EventGrid/topics',
    apiVersion: '2022-06-15',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'key1', key2: 'key2' }),
  },
  {
    id: 'Microsoft.EventGrid/domains',
    type: 'Microsoft.EventGrid/domains',
    apiVersion: '2022-06-15',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'key1', key2: 'key2' }),
  },
  {
    id: 'Microsoft.SignalRService/SignalR',
    type: 'Microsoft.SignalRService/SignalR',
    apiVersion: '2023-02-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    id: 'Microsoft.SignalRService/WebPubSub',
    type: 'Microsoft.SignalRService/WebPubSub',
    apiVersion: '2023-02-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    id: 'Microsoft.Communication/communicationServices',
    type: 'Microsoft.Communication/communicationServices',
    apiVersion: '2023-03-31',
    // Older keys have 64 bytes, newer ones are short.
    shape: /^/,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', PRIMARY_SECONDARY),
  },
  {
    id: 'Microsoft.AppConfiguration/configurationStores',
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
    id: 'Microsoft.Maps/accounts',
    type: 'Microsoft.Maps/accounts',
    apiVersion: '2023-06-01',
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', { primaryKey: 'primary', secondaryKey: 'secondary' }),
  },
  {
    id: 'Microsoft.Search/searchServices',
    type: 'Microsoft.Search/searchServices',
    apiVersion: '2023-11-01',
    shape: SHORT,
    list: '/listAdminKeys',
    slots: byProperty({
      primaryKey: { path: '/regenerateAdminKey/primary' },
      secondaryKey: { path: '/regenerateAdminKey/secondary' },
    }),
  },
];

const KEYS = z.record(z.string(), z.string());
const HOST_KEYS = z.object({
  masterKey: z.string(),
  functionKeys: KEYS.nullish(),
  systemKeys: KEYS.nullish(),
});

function renewal(collection: string, name: string): SlotCall {
  return {
    path: `${collection}/${encodeURIComponent(name)}`,
    method: 'PUT',
    json: { properties: { name } },
  };
}

function slotsOf(collection: string, keys: Readonly<Record<string, string>> | null | undefined): Slot[] {
  return Object.entries(keys ?? {}).map(([name, key]) => ({ key, ...renewal(collection, name) }));
}

function functionsOf(type: string): readonly ResourceKind[] {
  const app = { type, only: /functionapp/, chosen: true, apiVersion: '2023-12-01', shape: ANY };
  return [
    {
      ...app,
      id: `${type}/host`,
      list: '/host/default/listkeys',
      slots: HOST_KEYS.transform(({ masterKey, functionKeys, systemKeys }) => [
        { key: masterKey, ...renewal('/host/default/masterKey', '_master') },
        ...slotsOf('/host/default/functionKeys', functionKeys),
        ...slotsOf('/host/default/systemKeys', systemKeys),
      ]),
    },
    {
      ...app,
      id: `${type}/functions`,
      below: 'functions',
      list: '/listkeys',
      slots: KEYS.transform((keys) => slotsOf('/keys', keys)),
    },
  ];
}

export const FUNCTIONS_KINDS: readonly ResourceKind[] = [
  ...functionsOf('Microsoft.Web/sites'),
  ...functionsOf('Microsoft.Web/sites/slots'),
];

export const LOGIC_APP_KINDS: readonly ResourceKind[] = ['Primary', 'Secondary'].map((keyType) => ({
  id: `Microsoft.Logic/workflows/triggers/${keyType}`,
  type: 'Microsoft.Logic/workflows',
  below: 'triggers',
  apiVersion: '2016-06-01',
  shape: ANY,
  list: '/listCallbackUrl',
  listJson: { keyType },
  slots: z.object({ value: z.url() }).transform(({ value }) => {
    const key = new URL(value).searchParams.get('sig');
    return key === null ? [] : [{ key, path: '/regenerateAccessKey', onParent: true, json: { keyType } }];
  }),
}));

const API_MANAGEMENT = {
  type: 'Microsoft.ApiManagement/service',
  chosen: true,
  apiVersion: '2022-08-01',
  shape: ANY,
};

export const API_MANAGEMENT_KINDS: readonly ResourceKind[] = [
  {
    ...API_MANAGEMENT,
    id: 'Microsoft.ApiManagement/service/tenant',
    list: '/tenant/access/listSecrets',
    slots: byProperty({
      primaryKey: { path: '/tenant/access/regeneratePrimaryKey' },
      secondaryKey: { path: '/tenant/access/regenerateSecondaryKey' },
    }),
  },
  {
    ...API_MANAGEMENT,
    id: 'Microsoft.ApiManagement/service/gateways',
    below: 'gateways',
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', { primary: 'primary', secondary: 'secondary' }),
  },
  {
    ...API_MANAGEMENT,
    id: 'Microsoft.ApiManagement/service/subscriptions',
    below: 'subscriptions',
    list: '/listSecrets',
    slots: byProperty({
      primaryKey: { path: '/regeneratePrimaryKey' },
      secondaryKey: { path: '/regenerateSecondaryKey' },
    }),
  },
];
