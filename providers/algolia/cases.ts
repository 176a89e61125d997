/** What Algolia is asked and answers, for the provider contract. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { AlgoliaConfig } from './config.ts';
import { algolia } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const KEY = 'k3y9'.repeat(8);
export const ADMIN = 'adm1'.repeat(8);
export const APPLICATION = 'QUASH1APP0';

export const config = () => ({ applications: [{ id: APPLICATION, adminApiKey: ADMIN }] });

export function call(
  method: 'GET' | 'DELETE',
  status: number,
  json: unknown,
  application = APPLICATION,
): Exchange {
  return {
    expect: {
      method,
      path: `/${application.toLowerCase()}.algolia.net/1/keys/${KEY}`,
      headers: { 'x-algolia-application-id': application, 'x-algolia-api-key': ADMIN },
    },
    answer: { status, json },
  };
}

export const found = (...acl: string[]) =>
  call('GET', 200, { value: KEY, createdAt: 1_756_000_000, acl, validity: 0, description: 'Indexing' });
export const missing = call('GET', 404, { message: 'Key does not exist', status: 404 });
/** A key that is nowhere is asked for once more: it may have been made a moment ago. */
const missingTwice = {
  exchanges: [missing, missing],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;
export const deleted = call('DELETE', 200, { deletedAt: '2026-11-21T10:00:00.000Z' });
const write = found('search', 'addObject', 'deleteObject');

export const cases: readonly ProviderSpec<AlgoliaConfig>[] = [
  {
    definition: algolia,
    config,
    token: KEY,
    credentials: [ADMIN],
    kind: 'api-key',
    type: 'gitleaks_rule_id_algolia-api-key',
    tokenInUrl: 'The API takes the key in the path only.',
    scripts: {
      revoked: { exchanges: [write, write, deleted, missing] },
      // It was deleted after the first call.
      alreadyDead: { exchanges: [write, missing, missing] },
      unknownToken: missingTwice,
      credentialRefused: {
        exchanges: [call('GET', 403, { message: 'Invalid Application-ID or API key', status: 403 })],
      },
      forbidden: {
        exchanges: [call('GET', 403, { message: 'Method not allowed with this API key', status: 403 })],
      },
      // Without its note a deleted key looks like another application's; see the test with the note.
      secondCall: missingTwice,
    },
  },
];
