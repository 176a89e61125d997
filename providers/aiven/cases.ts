import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import type { AivenConfig } from './config.ts';
import { aiven } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const PASSWORD = ['AV', `NS_${'k3y9Id0xAb'.repeat(2).slice(1)}`].join('');
export const OTHER = ['AV', `NS_${'0therPassw'.repeat(2).slice(1)}`].join('');
const RENEWED = ['AV', `NS_${'renewed3dX'.repeat(2).slice(1)}`].join('');
const OPERATOR = 'operators-api-token'.repeat(3);

const API = '/api.aiven.io/v1/project/acme/service';
function call(method: string, path: string, status: number, body: object, json?: unknown): Exchange {
  return {
    expect: {
      method,
      path: `${API}${path}`,
      headers: { authorization: `aivenv1 ${OPERATOR}` },
      ...(json !== undefined && { json }),
    },
    answer: { status, json: body },
  };
}
export const error = (status: number) => ({ errors: [{ message: 'No.', status }], message: 'No.' });
export const services = (names: readonly string[]) =>
  call('GET', '', 200, { services: names.map((service_name) => ({ service_name, state: 'RUNNING' })) });
export const service = (name: string, passwords: Readonly<Record<string, string | null | undefined>>) => {
  const users = Object.entries(passwords).map(([username, password]) => ({
    username,
    type: 'regular',
    ...(password !== undefined && { password }),
  }));
  return call('GET', `/${name}?include_secrets=true`, 200, { service: { service_name: name, users } });
};
export const gone = (name: string) => call('GET', `/${name}?include_secrets=true`, 404, error(404));
export const hiddenProject = call('GET', '', 404, error(404));
export const silent = call('GET', '/pg-demo?include_secrets=true', 200, {
  service: { service_name: 'pg-demo', state: 'POWEROFF' },
});
export const poweredOff = call('GET', '/pg-demo?include_secrets=true', 200, {
  service: { service_name: 'pg-demo', state: 'POWEROFF', users: [] },
});
export const reset = call(
  'PUT',
  '/pg-demo/user/app_user',
  200,
  { message: 'reset', service: { users: [{ username: 'app_user', password: RENEWED }] } },
  { operation: 'reset-credentials' },
);
export const found = [services(['kafka-demo', 'pg-demo']), service('kafka-demo', { avnadmin: OTHER })];
export const before = service('pg-demo', { avnadmin: OTHER, app_user: PASSWORD });
export const after = service('pg-demo', { avnadmin: OTHER, app_user: RENEWED });

export const config = { projects: [{ name: 'acme', token: OPERATOR }] };

export const cases: readonly ProviderSpec<AivenConfig>[] = [
  {
    definition: aiven,
    config: () => config,
    token: PASSWORD,
    credentials: [OPERATOR, RENEWED],
    kind: 'service-password',
    type: 'gitleaks_rule_id_aivenservicepassword',
    scripts: {
      revoked: { exchanges: [...found, before, before, reset, after] },
      alreadyDead: {
        exchanges: [...found, after],
        // A password of the past is as unknown as one of another project.
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      unknownToken: {
        exchanges: [services([])],
        endsAs: { outcome: 'refused', reason: 'unknown-token' },
      },
      credentialRefused: { exchanges: [call('GET', '', 401, error(401))] },
      forbidden: { exchanges: [call('GET', '', 403, error(403))] },
      // Within the minute for which the reading is kept, that it was there is known.
      secondCall: { exchanges: [after] },
    },
  },
];
