import { type ProviderSpec, withoutAnyCall } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alibaba } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const ID = ['LT', `AI5t${'k3y9Id0'.repeat(2)}`].join('');
export const SECRET = 's3cR3t'.repeat(5);

function call(
  host: string,
  action: string,
  version: string,
  query: string,
  status: number,
  json: unknown,
): Exchange {
  const names = 'host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version';
  return {
    expect: {
      method: 'POST',
      path: `/${host}/${query}`,
      headers: {
        'x-acs-action': action,
        'x-acs-version': version,
        'x-acs-date': /^2026-01-01T00:00:\d\dZ$/,
        'x-acs-signature-nonce': /^[0-9a-f-]{36}$/,
        authorization: new RegExp(
          `^ACS3-HMAC-SHA256 Credential=${ID},SignedHeaders=${names},Signature=[0-9a-f]{64}$`,
        ),
      },
    },
    answer: { status, json },
  };
}

const RequestId = 'B9AF80E4-1565-42D9-9256-0B8B0D9FD3EC';
export const failed = (Code: string) => ({ Code, Message: 'No.', RequestId, HostId: 'sts.aliyuncs.com' });

/** Who the pair is: an error, or nothing where it works. */
export function identity(error?: string, status = 400): Exchange {
  const who = { AccountId: '1140635653649189', Arn: 'acs:ram::1140635653649189:user/robot', RequestId };
  const json = error ? failed(error) : { ...who, UserId: '222806035655679708' };
  return call('sts.aliyuncs.com', 'GetCallerIdentity', '2015-04-01', '', error ? status : 200, json);
}

export function deactivated(status = 200, json: unknown = { RequestId }): Exchange {
  const query = `?Status=Inactive&UserAccessKeyId=${ID}`;
  return call('ims.aliyuncs.com', 'UpdateAccessKey', '2019-08-15', query, status, json);
}

export const inactive = identity('InvalidAccessKeyId.Inactive');
export const mismatch = identity('SignatureDoesNotMatch');
const forbidden = deactivated(403, failed('NoPermission'));

const UNKNOWN = { outcome: 'refused', reason: 'unknown-token' } as const;
/** The id leaves the key to its secret, three times, as that is an entry of its own. */
export const turns = [identity(), identity(), identity()];

const byId: ProviderSpec<unknown> = {
  definition: alibaba,
  config: () => ({}),
  token: ID,
  parts: { 'access-key-secret': [SECRET] },
  kind: 'access-key-id',
  type: 'gitleaks_rule_id_alibaba_accesskey_id',
  tokenInUrl: 'The API takes the key id as a query parameter.',
  scripts: {
    revoked: { exchanges: [...turns, identity(), deactivated(), inactive] },
    // Only of a key that worked before it is known to be dead.
    alreadyDead: { exchanges: [identity('InvalidAccessKeyId.NotFound', 404)], endsAs: UNKNOWN },
    unknownToken: { exchanges: [mismatch], endsAs: { outcome: 'refused', reason: 'needs-context' } },
    credentialRefused: { notApplicable: 'The leaked key is the only credential.' },
    forbidden: { exchanges: [...turns, identity(), forbidden] },
    // It never happens so: that the pair signed is on record before the key is disabled.
    secondCall: { exchanges: [inactive], endsAs: UNKNOWN },
  },
  passing: [
    {
      name: 'a key that is limited to other addresses',
      source: 'https://help.aliyun.com/en/oss/user-guide/0002-00000904',
      answer: { status: 403, json: failed('InvalidAccessKeyId.Inactive') },
    },
  ],
};

const bySecret: ProviderSpec<unknown> = {
  ...byId,
  token: SECRET,
  parts: { 'access-key-id': [ID] },
  kind: 'access-key-secret',
  type: 'gitleaks_rule_id_alibaba_secret_key',
  scripts: {
    ...byId.scripts,
    revoked: { exchanges: [identity(), deactivated(), inactive] },
    forbidden: { exchanges: [identity(), forbidden] },
    alreadyDead: {
      exchanges: [inactive],
      // What an inactive key's secret was, nothing can tell.
      endsAs: { outcome: 'refused', reason: 'needs-context' },
    },
    secondCall: {
      exchanges: [inactive],
      // It never happens so: that the two belong together is on record before the key is disabled.
      endsAs: { outcome: 'refused', reason: 'needs-context' },
    },
  },
};

/** What ends by itself, within hours. */
const expiring = (kind: string, type: string, token: string): ProviderSpec<unknown> => ({
  definition: alibaba,
  config: () => ({}),
  token,
  kind,
  type: `gitleaks_rule_id_${type}`,
  scripts: withoutAnyCall({ outcome: 'expires' }),
});

export const cases: readonly ProviderSpec<unknown>[] = [
  byId,
  bySecret,
  expiring('sts-secret', 'alibaba-sts-access-key-secret', 'k3y9QuasEtc'.repeat(4)),
  expiring('sts-token', 'alibaba-sts-security-token', ['CA', 'IS', 'k3y9+Quas/Etc'.repeat(8)].join('')),
];
