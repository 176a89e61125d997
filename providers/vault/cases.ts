import type { ExpectedEnd, ProviderSpec } from '../../test/contract/provider-suite.ts';
import { type Exchange, FAULTS } from '../../test/support/scripted-upstream.ts';
import type { VaultConfig } from './config.ts';
import { vault } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const SERVICE = ['hv', 's.'].join('') + 'CAESIa1B2'.repeat(10);
export const BATCH = ['hv', 'b.'].join('') + 'AAAAAQa1_'.repeat(15);

/** What OpenBao 2.7.2 says of a token that it does not know, and of one whose policies do not allow the call. */
export const DENIED = { errors: ['permission denied'] };
export const FORBIDDEN = { errors: ['1 error occurred:\n\t* permission denied\n\n'] };
export const INVALID = { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] };

/** By a policy of Sentinel: https://developer.hashicorp.com/vault/docs/enterprise/sentinel. */
export const BY_POLICY = {
  errors: [
    '2 errors occurred:\n\t* egp standard policy "root/business-hrs" evaluation resulted in denial.\n\n\t* permission denied\n\n',
  ],
};

/** In a namespace of OpenBao. */
export const SPACED = ['s', 'k3Y9'.repeat(6), 'aM6TRZ'].join('.');

export const callsWith = (token: string, base = '/v1') => {
  const headers = { 'x-vault-token': token, 'x-vault-request': 'true', 'x-vault-namespace': undefined };
  const look = (status: number, json: unknown): Exchange => ({
    expect: { method: 'GET', path: `${base}/auth/token/lookup-self`, headers },
    answer: { status, json },
  });
  const aliveAs = (id: string) =>
    look(200, {
      request_id: '5c2c',
      data: {
        accessor: '8609694a-cdbc-db9b-d345-e782dbb562ed',
        expire_time: '2026-05-19T11:35:54.466476215Z',
        id,
        policies: ['default'],
      },
    });
  return {
    look,
    revoke: (status: number, json?: unknown): Exchange => ({
      expect: { method: 'POST', path: `${base}/auth/token/revoke-self`, headers },
      answer: { status, ...(json !== undefined && { json }) },
    }),
    aliveAs,
    alive: aliveAs(token),
    invalid: look(403, INVALID),
  };
};

/** Which cluster answers; undefined where something on the way lets nobody ask. */
export const health = (cluster_id: string | undefined): Exchange => ({
  expect: {
    method: 'GET',
    path: '/v1/sys/health?standbyok=true&perfstandbyok=true',
    headers: { 'x-vault-request': 'true', 'x-vault-token': undefined },
  },
  answer:
    cluster_id === undefined
      ? { status: 404, json: { errors: [] } }
      : { status: 200, json: { initialized: true, sealed: false, cluster_name: 'vault', cluster_id } },
});
const asked = health('d5638002-c2cd-f6d6-8548-dd2575af1af6');

const service = callsWith(SERVICE);
const spaced = callsWith(SPACED, '/v1/team/a');
const batch = callsWith(BATCH);

const NOT_APPLICABLE = { notApplicable: 'The leaked token is the only credential.' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const BY_HAND = { outcome: 'refused', reason: 'manual' } as const;

const DONE = { outcome: 'revoked', verified: true } as const;
/** Which cluster it is cannot be asked. */
const unasked = (then: readonly Exchange[], endsAs: ExpectedEnd) => [
  { call: 1, faults: FAULTS, because: 'no token that works waits for that', then, endsAs },
];

const serviceToken = {
  definition: vault,
  token: SERVICE,
  kind: 'service-token',
  type: 'gitleaks_rule_id_hashicorpvaultservicetoken',
} as const;

export const cases: readonly ProviderSpec<VaultConfig>[] = [
  {
    ...serviceToken,
    config: (url) => ({ servers: [{ url }] }),
    faultOverrides: unasked([service.alive, asked, service.revoke(204), service.invalid], DONE),
    scripts: {
      revoked: { exchanges: [service.alive, asked, service.alive, service.revoke(204), service.invalid] },
      alreadyDead: { exchanges: [service.invalid], endsAs: UNKNOWN },
      unknownToken: { exchanges: [service.look(403, DENIED)], endsAs: UNKNOWN },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      // It never happens so: where it was seen to work is on record before it is revoked.
      secondCall: { exchanges: [service.invalid], endsAs: UNKNOWN },
    },
  },
  {
    ...serviceToken,
    token: SPACED,
    config: (url) => ({ servers: [{ url: `${url}/`, namespace: 'team/a' }] }),
    faultOverrides: unasked([spaced.alive, asked, spaced.revoke(204), spaced.look(403, DENIED)], DONE),
    scripts: {
      revoked: {
        exchanges: [spaced.alive, asked, spaced.alive, spaced.revoke(204), spaced.look(403, DENIED)],
      },
      alreadyDead: { exchanges: [spaced.invalid], endsAs: UNKNOWN },
      unknownToken: { exchanges: [spaced.look(403, DENIED)], endsAs: UNKNOWN },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [spaced.look(403, DENIED)], endsAs: UNKNOWN },
    },
  },
  {
    definition: vault,
    token: BATCH,
    kind: 'batch-token',
    type: 'gitleaks_rule_id_hashicorp_vault_batch_token',
    config: (url) => ({ servers: [{ url }] }),
    faultOverrides: unasked([batch.alive, asked], BY_HAND),
    scripts: {
      revoked: { exchanges: [batch.alive, asked, batch.alive], endsAs: BY_HAND },
      alreadyDead: { exchanges: [batch.invalid], endsAs: UNKNOWN },
      unknownToken: { exchanges: [batch.invalid], endsAs: UNKNOWN },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [batch.alive, asked, batch.alive], endsAs: BY_HAND },
    },
  },
];
