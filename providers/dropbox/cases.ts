import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DropboxConfig, dropbox } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const SHORT_LIVED = ['s', 'l.', 'u.'].join('') + 'aB3_-'.repeat(28);
const LONG_LIVED = `${'aB3'.repeat(3)}xY${'A'.repeat(10)}${'b2_'.repeat(14)}c`;

const NOT_APPLICABLE = { notApplicable: 'The leaked token is the only credential.' };

export const failed = (tag: string) => ({ error_summary: `${tag}/..`, error: { '.tag': tag } });

/** Also for the named cases: the calls with one token. */
export const callsWith = (token: string) => {
  const call =
    (path: string) =>
    (status: number, json: unknown): Exchange => ({
      expect: {
        method: 'POST',
        path: `/api.dropboxapi.com/2${path}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': undefined },
      },
      answer: status === 200 && json === null ? { status, text: 'null' } : { status, json },
    });
  return { revoke: call('/auth/token/revoke'), probe: call('/users/get_current_account') };
};

function specOf(kind: string, type: string, token: string, deadTag: string): ProviderSpec<DropboxConfig> {
  const { revoke, probe } = callsWith(token);
  const dead = failed(deadTag);
  return {
    definition: dropbox,
    config: () => ({}),
    token,
    kind,
    type,
    scripts: {
      revoked: { exchanges: [revoke(200, null), probe(401, failed('invalid_access_token'))] },
      alreadyDead: { exchanges: [revoke(401, dead)] },
      unknownToken: { notApplicable: 'Dropbox issued all of them and says which do not work.' },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      secondCall: { exchanges: [revoke(401, failed('invalid_access_token'))] },
    },
  };
}

export const cases: readonly ProviderSpec<DropboxConfig>[] = [
  specOf(
    'short-lived-token',
    'gitleaks_rule_id_dropbox_short_lived_api_token',
    SHORT_LIVED,
    'expired_access_token',
  ),
  specOf(
    'long-lived-token',
    'gitleaks_rule_id_dropbox_long_lived_api_token',
    LONG_LIVED,
    'invalid_access_token',
  ),
];
