import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { type HuggingfaceConfig, huggingface } from './index.ts';

const LETTERS = 'AbCdEfGhIj'.repeat(4).slice(0, 34);
export const USER_TOKEN = ['hf', LETTERS].join('_');
const ORGANIZATION_TOKEN = ['api', 'org', LETTERS].join('_');

export function submitted(...tokens: readonly string[]): Exchange {
  return {
    expect: {
      method: 'POST',
      path: '/huggingface.co/api/credentials/revoke',
      headers: { authorization: undefined },
      json: { credentials: tokens },
    },
    answer: { status: 202 },
  };
}

const INVALID: PlainAnswer = { status: 401, json: { error: 'Invalid credentials in Authorization header' } };

export function probed(token: string, answer: PlainAnswer = INVALID): Exchange {
  const headers = { authorization: `Bearer ${token}` };
  return { expect: { method: 'GET', path: '/huggingface.co/api/whoami-v2', headers }, answer };
}

function caseOf(token: string, type: string): ProviderSpec<HuggingfaceConfig> {
  const script = {
    exchanges: [submitted(token), probed(token)],
    endsAs: { outcome: 'accepted', verified: true },
  } as const;
  const NO_CREDENTIAL = { notApplicable: 'it wants no credential' };
  return {
    definition: huggingface,
    config: () => ({}),
    token,
    kind: 'access-token',
    type: `gitleaks_rule_id_${type}`,
    scripts: {
      revoked: script,
      alreadyDead: script,
      secondCall: script,
      unknownToken: {
        notApplicable: 'the answer is the same for every token; the proof asks about this one',
      },
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      batch: {
        tokens: [USER_TOKEN, ORGANIZATION_TOKEN],
        exchanges: [submitted(USER_TOKEN, ORGANIZATION_TOKEN)],
        endsAs: ['accepted', 'accepted'],
      },
    },
  };
}

export const cases: readonly ProviderSpec<HuggingfaceConfig>[] = [
  caseOf(USER_TOKEN, 'huggingfaceuseraccesstoken'),
  caseOf(ORGANIZATION_TOKEN, 'huggingface-organization-api-token'),
];
