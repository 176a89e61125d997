/** What GoCD is asked and answers, for the provider contract and for the cases of this provider's own. */
import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type GocdConfig, gocd } from './index.ts';

export const TOKEN = 'a1b2c3d4'.repeat(5);
export const PASSWORD = 'the password of quash';
const BASIC = `Basic ${Buffer.from(`quash:${PASSWORD}`).toString('base64')}`;
const V1 = 'application/vnd.go.cd.v1+json';
const RECORD = { username: 'Alice', created_at: '2025-12-01T08:00:00Z', last_used_at: null };

export function listCall(
  status = 200,
  json: unknown = listOf([{ ...RECORD, id: 42 }]),
  filter = 'active',
): Exchange {
  return {
    expect: {
      method: 'GET',
      path: `/go/api/admin/access_tokens?filter=${filter}`,
      headers: { accept: V1, authorization: BASIC, cookie: undefined },
    },
    answer: { status, json },
  };
}

export function listOf(tokens: readonly unknown[]): unknown {
  return { _links: {}, _embedded: { access_tokens: tokens } };
}

export function probeCall(status: number, json: unknown): Exchange {
  return {
    expect: {
      method: 'GET',
      path: '/go/api/current_user',
      headers: { accept: V1, authorization: `Bearer ${TOKEN}`, cookie: undefined },
    },
    answer: { status, json, headers: { 'set-cookie': 'JSESSIONID=node01abc;Path=/go;HttpOnly' } },
  };
}

/** With a token that nobody has. */
export function otherCall(status: number, json: unknown): Exchange {
  const { expect, answer } = probeCall(status, json);
  return { expect: { ...expect, headers: { authorization: `Bearer ${'0'.repeat(40)}` } }, answer };
}

/** Also of a working token whose owner's plugin fails. */
export const REFUSED = { message: 'Invalid Personal Access Token.' };
export const probedLive = probeCall(200, { login_name: 'alice' });
/** It works, and a text that is no token does not. */
export const letIn = [probedLive, otherCall(401, REFUSED)];
export const probedUnknown = probeCall(401, REFUSED);
export const probedRevoked = probeCall(401, {
  message: 'Invalid Personal Access Token. Access token was revoked at: 2026-01-01 00:00:00.123',
});

export function revokeCall(status = 200, json: unknown = { id: 42, revoked: true }): Exchange {
  return {
    expect: {
      method: 'POST',
      path: '/go/api/admin/access_tokens/42/revoke',
      headers: {
        accept: V1,
        authorization: BASIC,
        'x-gocd-confirm': 'true',
        'content-type': 'application/json',
        cookie: undefined,
      },
      json: { revoke_cause: CAUSE },
    },
    answer: { status, json },
  };
}

export const CAUSE = 'Found in a repository by secret detection; revoked by Quash.';
export const REVOKED_RECORD = {
  ...RECORD,
  id: 42,
  revoked: true,
  revoked_at: '2026-01-01T00:00:00Z',
  revoked_by: 'quash',
  revoke_cause: CAUSE,
};

/** Asks when the record was revoked, and by whom. */
export function recordCall(json: unknown = REVOKED_RECORD, status = 200): Exchange {
  const { expect } = listCall();
  return { expect: { ...expect, path: '/go/api/admin/access_tokens/42' }, answer: { status, json } };
}

export const revokedList = listCall(200, listOf([REVOKED_RECORD]), 'revoked');

export function config(baseUrl: string) {
  return { servers: [{ url: `${baseUrl}/go`, username: 'quash', password: PASSWORD }] };
}

export const cases: readonly ProviderSpec<GocdConfig>[] = [
  {
    definition: gocd,
    config,
    token: TOKEN,
    credentials: [PASSWORD],
    kind: 'access-token',
    type: 'gitleaks_rule_id_gocd_access_token',
    scripts: {
      revoked: {
        exchanges: [listCall(), ...letIn, ...letIn, revokeCall(), probedRevoked, recordCall()],
      },
      alreadyDead: { exchanges: [listCall(), probedRevoked, revokedList], saysSo: true },
      // Used once more between two flushes: no record is used whenever it is.
      unknownToken: {
        exchanges: [1, 2, 3].flatMap(() => [listCall(), probedUnknown]),
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [listCall(401, { message: 'Invalid credentials.' })] },
      forbidden: { exchanges: [listCall(403, { message: 'You are not authorized.' })] },
      secondCall: { exchanges: [listCall(200, listOf([])), probedRevoked, revokedList] },
    },
    settledBy: { call: 6, because: 'the answer to the token itself says that it was revoked' },
    faultOverrides: [1, 3, 6].map((call) => ({
      call,
      faults: ['status-500'],
      because: 'a token that nobody has is tried, too, to tell whether it is this one alone',
      // biome-ignore lint/suspicious/noThenProperty: the suite's name for the calls that follow
      then: [otherCall(500, {})],
      endsAs: { failure: 'upstream-error' },
    })),
    passing: [
      {
        name: 'the plugin of the owner fails',
        source:
          'gocd/gocd AbstractPluginAuthenticationProvider.authenticateUser, AccessTokenAuthenticationFilter',
        answer: { status: 401, json: REFUSED },
      },
      {
        name: 'the owner is disabled',
        source: 'gocd/gocd UserEnabledCheckFilterForApiRequest',
        answer: { status: 401, json: { message: 'Your account has been disabled by the administrator' } },
      },
      {
        name: 'the server starts',
        source: 'gocd/gocd GoServerLoadingIndicationHandler',
        answer: { status: 503, json: { message: 'GoCD server is starting' } },
      },
    ],
  },
];
