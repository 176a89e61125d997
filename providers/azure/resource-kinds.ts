/**
 * Azure resources with a key or two of their own, and the calls that list and regenerate them. Docs of each:
 * https://learn.microsoft.com/en-us/rest/api/azure/.
 *
 * Query keys of a search service are not regenerated but deleted, by value: the call takes the key in its path only.
 */
import { z } from 'zod';
import { byProperty, named, type ResourceKind } from './slot.ts';

const BYTES_64 = /^[A-Za-z0-9+/]{86}==$/;
const SHORT = /^(?!.*==$)/;

const PRIMARY_SECONDARY = { primaryKey: 'Primary', secondaryKey: 'Secondary' };

function eventGrid(collection: string, apiVersion: string): ResourceKind {
  const type = `Microsoft.EventGrid/${collection}`;
  return {
    id: type,
    type,
    apiVersion,
    shape: SHORT,
    list: '/listKeys',
    slots: named('/regenerateKey', 'keyName', { key1: 'key1', key2: 'key2' }),
  };
}

export const RESOURCE_KINDS: readonly ResourceKind[] = [
  {
    id: 'Microsoft.Storage/storageAccounts',
    type: 'Microsoft.Storage/storageAccounts',
    apiVersion: '2023-05-01',
    shape: BYTES_64,
    list: '/listKeys',
    slots: z
      .object({ keys: z.array(z.object({ keyName: z.string().min(1), value: z.string() })) })
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
  eventGrid('topics', '2022-06-15'),
  eventGrid('domains', '2022-06-15'),
  eventGrid('namespaces', '2025-02-15'),
  eventGrid('partnerNamespaces', '2025-02-15'),
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
  {
    id: 'Microsoft.Search/searchServices/queryKeys',
    type: 'Microsoft.Search/searchServices',
    apiVersion: '2023-11-01',
    shape: SHORT,
    list: '/listQueryKeys',
    slots: z
      .object({ value: z.array(z.object({ key: z.string() })) })
      .transform(({ value }) =>
        value.map(({ key }) => ({ key, path: '/deleteQueryKey/', method: 'DELETE', endsInKey: true })),
      ),
  },
];
