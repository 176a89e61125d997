import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type SlackConfig, slack } from './index.ts';

const NUMBERS = '0123456789012';
const SECRET = 'aBcDeFgHiJkLmNoPqRsTuVwX';
export const BOT = [['xox', 'b'].join(''), NUMBERS, NUMBERS, SECRET].join('-');
export const USER = [['xox', 'p'].join(''), NUMBERS, NUMBERS, NUMBERS, 'a1b2'.repeat(8)].join('-');
const CONFIGURATION = [['xoxe.', 'xoxp'].join(''), '1', 'Ab1'.repeat(50)].join('-');

export const GOV = 'slack-gov.com';

export function called(
  method: 'auth.revoke' | 'auth.test',
  token: string,
  reply: unknown,
  host = 'slack.com',
): Exchange {
  return {
    expect: {
      method: 'POST',
      path: `/${host}/api/${method}`,
      headers: { authorization: `Bearer ${token}` },
      form: {},
    },
    answer: { status: 200, json: reply },
  };
}

const NO_CREDENTIAL = { notApplicable: 'the token revokes itself' };

export const error = (code: string) => ({ ok: false, error: code });

function caseOf(token: string, kind: string, type: string): ProviderSpec<SlackConfig> {
  return {
    definition: slack,
    config: () => ({}),
    token,
    kind,
    type: `gitleaks_rule_id_${type}`,
    scripts: {
      revoked: {
        exchanges: [
          called('auth.revoke', token, { ok: true, revoked: true }),
          called('auth.test', token, error('token_revoked')),
        ],
      },
      alreadyDead: { exchanges: [called('auth.revoke', token, error('token_revoked'))], saysSo: true },
      unknownToken: {
        exchanges: [
          called('auth.revoke', token, error('invalid_auth')),
          called('auth.revoke', token, error('invalid_auth'), GOV),
        ],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: NO_CREDENTIAL,
      forbidden: NO_CREDENTIAL,
      secondCall: { exchanges: [called('auth.revoke', token, error('token_revoked'))] },
    },
    passing: [
      {
        name: 'a deactivated user or bot',
        source: 'https://docs.slack.dev/reference/methods/auth.revoke',
        answer: { status: 200, json: error('account_inactive') },
      },
      {
        name: 'an address that the app does not allow',
        source: 'https://docs.slack.dev/reference/methods/auth.test',
        answer: { status: 200, json: error('invalid_auth') },
      },
    ],
  };
}

export const REFRESH = [['xox', 'e'].join(''), '1', `${'Ab1'.repeat(48)}Ab`].join('-');

export const rotated = (reply: unknown): Exchange => ({
  expect: {
    method: 'POST',
    path: '/slack.com/api/tooling.tokens.rotate',
    headers: { authorization: undefined },
    form: { refresh_token: REFRESH },
  },
  answer: { status: 200, json: reply },
});
export const PAIR = { ok: true, token: 'another access token', refresh_token: 'another refresh token' };
const usedUp = {
  exchanges: [rotated(error('invalid_refresh_token'))],
  endsAs: { outcome: 'refused', reason: 'unknown-token' },
} as const;

const refreshToken: ProviderSpec<SlackConfig> = {
  definition: slack,
  config: () => ({}),
  token: REFRESH,
  kind: 'refresh-token',
  type: 'gitleaks_rule_id_slackappconfigurationrefreshtoken',
  scripts: {
    revoked: { exchanges: [rotated(PAIR)] },
    alreadyDead: usedUp,
    unknownToken: usedUp,
    credentialRefused: NO_CREDENTIAL,
    forbidden: NO_CREDENTIAL,
    // Nothing tells that it was this process that used it up, so a person is told.
    secondCall: usedUp,
  },
};

export const cases: readonly ProviderSpec<SlackConfig>[] = [
  refreshToken,
  caseOf(BOT, 'bot-token', 'slack_token'),
  caseOf(USER, 'token', 'slack_token'),
  caseOf(CONFIGURATION, 'token', 'slackappconfigurationtoken'),
];
