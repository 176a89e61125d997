/**
 * Resources whose keys hang below them, or are more than two of a kind: function apps, Logic Apps, API Management, Service
 * Bus and Event Hubs. Docs of each: https://learn.microsoft.com/en-us/rest/api/azure/.
 *
 * - Host keys of function apps also open all their functions; a key is renewed by writing its name without a value.
 *   The REST reference shows that body flat, the Azure CLI sends it inside `properties`, as here.
 * - What leaks of a Logic App is a signature, made with one of two access keys. The same callback URL is signed again
 *   with each of them: the one that gives the leaked signature is regenerated. URLs with an end (`se`) are not found.
 *   Workflows of the Standard plan hang below a function app and are not searched.
 * - API Management has keys for direct management, for its self-hosted gateways and for its subscriptions, also those of
 *   its workspaces, which look the same. Tokens that are signed with a gateway's key are not found.
 *
 * The master key of a function app is its host key `_master`, and is renewed among the function keys, as the Azure portal
 * does (azure-functions-ux, HostKeys.tsx): the runtime has no collection of its own for it (azure-cli#20893). That a
 * trigger's callback URL heeds `keyType` is said by Microsoft's article on securing Logic Apps.
 */
import { z } from 'zod';
import { ANY, byProperty, named, type ResourceKind, type Slot, type SlotCall } from './slot.ts';

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
        { key: masterKey, ...renewal('/host/default/functionKeys', '_master') },
        ...slotsOf('/host/default/functionKeys', functionKeys),
        ...slotsOf('/host/default/systemKeys', systemKeys),
      ]),
    },
    {
      ...app,
      id: `${type}/functions`,
      below: ['functions'],
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
  below: ['triggers'],
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
    below: ['gateways'],
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyType', { primary: 'primary', secondary: 'secondary' }),
  },
  subscriptionKeys(['subscriptions'], API_MANAGEMENT.apiVersion),
  subscriptionKeys(['workspaces', 'subscriptions'], '2024-05-01'),
];

function subscriptionKeys(below: readonly string[], apiVersion: string): ResourceKind {
  return {
    ...API_MANAGEMENT,
    id: `Microsoft.ApiManagement/service/${below.join('/')}`,
    below,
    apiVersion,
    list: '/listSecrets',
    slots: byProperty({
      primaryKey: { path: '/regeneratePrimaryKey' },
      secondaryKey: { path: '/regenerateSecondaryKey' },
    }),
  };
}

/** Rules of a namespace, and of what is in it, have two keys each; both may be set to anything. */
function sharedAccess(type: string, collection?: string): ResourceKind {
  return {
    ...{ id: `${type}/${collection ?? 'namespace'}`, type, chosen: true },
    below: collection === undefined ? ['AuthorizationRules'] : [collection, 'authorizationRules'],
    apiVersion: '2021-11-01',
    shape: ANY,
    list: '/listKeys',
    slots: named('/regenerateKeys', 'keyType', { primaryKey: 'PrimaryKey', secondaryKey: 'SecondaryKey' }),
  };
}

export const MESSAGING_KINDS: readonly ResourceKind[] = [
  sharedAccess('Microsoft.ServiceBus/namespaces'),
  sharedAccess('Microsoft.ServiceBus/namespaces', 'queues'),
  sharedAccess('Microsoft.ServiceBus/namespaces', 'topics'),
  sharedAccess('Microsoft.EventHub/namespaces'),
  sharedAccess('Microsoft.EventHub/namespaces', 'eventhubs'),
];
