import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { type PerplexityConfig, perplexity } from './index.ts';

export const TOKEN = ['pplx', 'A1b2C3d4'.repeat(6)].join('-');

const headers = { authorization: `Bearer ${TOKEN}` };

export function revocation(answer: PlainAnswer): Exchange {
  return {
    expect: {
      method: 'POST',
      path: '/api.perplexity.ai/revoke_auth_token',
      headers,
      json: { auth_token: TOKEN },
    },
    answer,
  };
}

export function probed(answer: PlainAnswer): Exchange {
  return { expect: { method: 'GET', path: '/api.perplexity.ai/v1/models', headers }, answer };
}

export const INVALID: PlainAnswer = {
  status: 401,
  json: {
    error: {
      message: 'Invalid API key provided. Ensure your API key is correct and active.',
      type: 'invalid_api_key',
      code: 401,
    },
  },
};

/** Hubify-Projects/bigbounce shows it, in a review by `Perplexity_citations`. */
export const NO_CREDITS: PlainAnswer = {
  status: 401,
  json: {
    error: {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 401,
    },
  },
};

const unknown = {
  exchanges: [revocation(INVALID)],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;
const NO_CREDENTIAL = { notApplicable: 'the key revokes itself' };

export const cases: readonly ProviderSpec<PerplexityConfig>[] = [
  {
    definition: perplexity,
    config: () => ({}),
    token: TOKEN,
    kind: 'api-key',
    type: 'gitleaks_rule_id_perplexity-api-key',
    passing: [
      {
        name: 'an account without credits',
        source: 'https://github.com/Hubify-Projects/bigbounce',
        answer: NO_CREDITS,
      },
    ],
    scripts: {
      revoked: { exchanges: [revocation({ status: 200 }), probed(INVALID)] },
      // Or of an account without credits.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      secondCall: unknown,
    },
  },
];
