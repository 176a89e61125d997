import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import type { SendgridConfig } from './config.ts';
import { sendgrid } from './index.ts';

export const KEY_ID = 'AbCdEfGhIjKlMnOpQr_-12';
export const TOKEN = ['SG', KEY_ID, 'aB3-_'.repeat(9).slice(0, 43)].join('.');
export const OWN_KEY = 'the api key of the operator';
export const withAccount = () => ({ accounts: [{ apiKey: OWN_KEY, onBehalfOf: 'mailer' }] });

const ACCEPT = { accept: 'application/json' };
const errors = (message: string) => ({ errors: [{ field: null, message, help: null }] });
export const INVALID: PlainAnswer = {
  status: 401,
  json: errors('The provided authorization grant is invalid, expired, or revoked'),
};
export const FORBIDDEN: PlainAnswer = { status: 403, json: errors('access forbidden') };
export const ALIVE: PlainAnswer = { status: 200, json: { scopes: ['mail.send', 'api_keys.delete'] } };
export const NOT_FOUND: PlainAnswer = { status: 404, json: errors('unable to find API Key') };

export type Host = 'api.sendgrid.com' | 'api.eu.sendgrid.com';

export function probed(answer: PlainAnswer, host: Host = 'api.sendgrid.com', key = TOKEN): Exchange {
  const headers = { authorization: `Bearer ${key}`, ...ACCEPT };
  return { expect: { method: 'GET', path: `/${host}/v3/scopes`, headers }, answer };
}

export function deleted(answer: PlainAnswer, host: Host = 'api.sendgrid.com', key = TOKEN): Exchange {
  const onBehalfOf = key === OWN_KEY ? 'mailer' : undefined;
  const headers = { authorization: `Bearer ${key}`, ...ACCEPT, 'on-behalf-of': onBehalfOf };
  return { expect: { method: 'DELETE', path: `/${host}/v3/api_keys/${KEY_ID}`, headers }, answer };
}

export const gone = [probed(INVALID), probed(INVALID, 'api.eu.sendgrid.com')];
/** Nobody has such an id. */
export const otherId = probed(INVALID, undefined, TOKEN.replace(KEY_ID, '0'.repeat(22)));
export const operatorDeletes = (answer: PlainAnswer) => [
  probed(ALIVE),
  deleted(FORBIDDEN),
  otherId,
  deleted(answer, undefined, OWN_KEY),
];

const unknown = { exchanges: gone, endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

/** While the first host is broken the second one is asked: by the first call, and by the look after the deletion. */
const asksEurope = (last: number) => [0, last].flatMap((call) => asksOnAfter(call, gone.slice(1)));
const shared = {
  definition: sendgrid,
  token: TOKEN,
  kind: 'api-key',
  type: 'gitleaks_rule_id_sendgrid_api_token',
  passing: [
    {
      name: 'an account without credits',
      source: 'https://support.sendgrid.com/hc/en-us/articles/18322114821403',
      answer: { status: 401, json: errors('Maximum credits exceeded') },
    },
    {
      name: 'an account that is under review',
      source: 'https://github.com/sendgrid/sendgrid-nodejs/issues/1176',
      answer: {
        status: 403,
        json: errors('You are not authorized to access SendGrid, please contact Support.'),
      },
    },
  ],
} as const;

export const cases: readonly ProviderSpec<SendgridConfig>[] = [
  {
    ...shared,
    config: () => ({}),
    faultOverrides: asksEurope(2),
    scripts: {
      revoked: { exchanges: [probed(ALIVE), deleted({ status: 204 }), ...gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { notApplicable: 'the key deletes itself' },
      forbidden: {
        exchanges: [probed(ALIVE), deleted(FORBIDDEN)],
        endsAs: { outcome: 'refused', reason: 'not-permitted' },
      },
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: unknown,
    },
  },
  {
    ...shared,
    config: withAccount,
    credentials: [OWN_KEY],
    faultOverrides: asksEurope(4),
    scripts: {
      revoked: { exchanges: [...operatorDeletes({ status: 204 }), ...gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: operatorDeletes(INVALID) },
      forbidden: { exchanges: operatorDeletes(FORBIDDEN) },
      // Not so after a crash: where it was seen to work is on record before it is revoked.
      secondCall: unknown,
    },
  },
];
