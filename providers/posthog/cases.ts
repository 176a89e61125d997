import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type PosthogConfig, posthog } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['ph', 'x_'].join('') + 'a1B2c3D4'.repeat(6);

export const INVALID = {
  type: 'authentication_error',
  code: 'authentication_failed',
  detail: 'Personal API key found in request Authorization header is invalid.',
  attr: null,
};
export const LACKS_SCOPE = {
  type: 'authentication_error',
  code: 'permission_denied',
  detail: "API key missing required scope 'personal_api_key:write'",
  attr: null,
};
const RECORD = { id: '01HXJ', label: 'ci', mask_value: 'phx_...c3D4', scopes: ['*'] };

export const callsAt = (base: string) => {
  const call =
    (method: 'GET' | 'DELETE') =>
    (status: number, json?: unknown): Exchange => ({
      expect: {
        method,
        path: `${base}/api/personal_api_keys/@current/`,
        headers: { authorization: `Bearer ${TOKEN}` },
      },
      answer: { status, ...(json !== undefined && { json }) },
    });
  const look = call('GET');
  return { look, remove: call('DELETE'), alive: look(200, RECORD), invalid: look(401, INVALID) };
};

export const us = callsAt('/us.posthog.com');
export const eu = callsAt('/eu.posthog.com');
export const own = callsAt('');

const NOT_APPLICABLE = { notApplicable: 'The leaked key is the only credential.' };
const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const shared = {
  definition: posthog,
  token: TOKEN,
  kind: 'personal-api-key',
  type: 'gitleaks_rule_id_posthogpersonalapikey',
} as const;

export const cases: readonly ProviderSpec<PosthogConfig>[] = [
  {
    ...shared,
    config: () => ({ regions: ['us'] }),
    scripts: {
      // The cloud lets a key look at itself, and no more.
      revoked: { exchanges: [us.alive, us.alive], endsAs: { outcome: 'refused', reason: 'not-permitted' } },
      alreadyDead: { exchanges: [us.invalid], endsAs: UNKNOWN },
      unknownToken: { exchanges: [us.invalid], endsAs: UNKNOWN },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [us.invalid], endsAs: UNKNOWN },
    },
  },
  {
    ...shared,
    config: (url) => ({ regions: [], hosts: [{ url }] }),
    scripts: {
      revoked: { exchanges: [own.look(403, LACKS_SCOPE), own.alive, own.remove(204), own.invalid] },
      alreadyDead: { exchanges: [own.invalid], endsAs: UNKNOWN },
      unknownToken: { exchanges: [own.invalid], endsAs: UNKNOWN },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [own.invalid], endsAs: UNKNOWN },
    },
  },
];
