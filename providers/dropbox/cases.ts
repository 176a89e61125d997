import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type DropboxConfig, dropbox } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const SHORT_LIVED = ['s', 'l.', 'u.'].join('') + 'aB3_-'.repeat(28);
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

/** The same call, which is refused in plain text. */
export const inText = ({ expect }: Exchange, words: string): Exchange => ({
  expect,
  answer: {
    status: 400,
    text: `Error in call to API function "${expect.path.replace('/api.dropboxapi.com/2/', '')}": ${words}`,
  },
});
export const OF_TEAM =
  'This API function operates on a single Dropbox account, but the OAuth 2 access token you provided is for an entire Dropbox Business team.';
export const NO_SCOPE =
  "Your app is not permitted to access this endpoint because it does not have the required scope 'account_info.read'.";
export const MALFORMED = 'The given OAuth 2 access token is malformed.';

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
const SPECIFICATION = 'https://github.com/dropbox/dropbox-api-spec/blob/main/auth.stone';

interface Leak {
  readonly kind: string;
  readonly type: string;
  readonly token: string;
}

function specOf(
  leak: Leak,
  end: Pick<ProviderSpec<DropboxConfig>['scripts'], 'alreadyDead' | 'unknownToken' | 'secondCall'>,
): ProviderSpec<DropboxConfig> {
  const { revoke, probe } = callsWith(leak.token);
  return {
    ...leak,
    definition: dropbox,
    config: () => ({}),
    scripts: {
      revoked: { exchanges: [revoke(200, null), probe(401, failed('invalid_access_token'))] },
      credentialRefused: NOT_APPLICABLE,
      forbidden: NOT_APPLICABLE,
      ...end,
    },
    passing: [
      {
        name: 'a suspended user',
        source: SPECIFICATION,
        answer: { status: 401, json: failed('user_suspended') },
      },
    ],
  };
}

const invalid = (token: string) => callsWith(token).revoke(401, failed('invalid_access_token'));
const expired = (token: string) => callsWith(token).revoke(401, failed('expired_access_token'));

const shortLived = {
  kind: 'short-lived-token',
  type: 'gitleaks_rule_id_dropbox_short_lived_api_token',
  token: SHORT_LIVED,
};
// Nothing tells a cut one from a whole one.
const unknown = { exchanges: [invalid(SHORT_LIVED)], endsAs: UNKNOWN };
// Nothing tells a refresh token, which is never let in, from an access token.
const other = { exchanges: [invalid(LONG_LIVED)], endsAs: UNKNOWN };

export const cases: readonly ProviderSpec<DropboxConfig>[] = [
  specOf(shortLived, {
    alreadyDead: { exchanges: [expired(SHORT_LIVED)], saysSo: true },
    unknownToken: unknown,
    secondCall: unknown,
  }),
  specOf(shortLived, { alreadyDead: unknown, unknownToken: unknown, secondCall: unknown }),
  specOf(
    {
      kind: 'long-lived-token',
      type: 'gitleaks_rule_id_dropbox_long_lived_api_token',
      token: LONG_LIVED,
    },
    { alreadyDead: other, unknownToken: other, secondCall: other },
  ),
];
