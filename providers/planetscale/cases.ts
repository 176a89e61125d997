import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { type PlanetscaleConfig, planetscale } from './index.ts';

// Put together here, so that no scanner takes it for a leak.
export const TOKEN = ['pscale', 'tkn', 'a1B2c3D4-_'.repeat(4)].join('_');
export const ID = 'nyprhd2z6bd3';
export const OPERATOR = 'token-of-the-operator';
export const CONTEXT = `PSCALE_ID=${ID}\nPSCALE_TOKEN=${TOKEN}\n`;
const API = '/api.planetscale.com/v1';
export const config = () => ({ organizations: [{ name: 'acme', tokenId: 'operator1234', token: OPERATOR }] });

export const error = (code: string) => ({ code, message: 'No.' });
export const record = (method: 'GET' | 'DELETE', status: number, json?: unknown, id = ID): Exchange => ({
  expect: {
    method,
    path: `${API}/organizations/acme/service-tokens/${id}`,
    headers: { authorization: `operator1234:${OPERATOR}` },
  },
  answer: { status, ...(json !== undefined && { json }) },
});
export const there = (id = ID) => record('GET', 200, { id, type: 'ServiceToken', name: 'ci' }, id);
export const gone = (id = ID) => record('GET', 404, error('not_found'), id);
export const itself = (status: number, json: unknown, id = ID): Exchange => ({
  expect: { method: 'GET', path: `${API}/organizations`, headers: { authorization: `${id}:${TOKEN}` } },
  answer: { status, json },
});
export const works = (id = ID) => itself(200, { type: 'list', data: [{ id: 'o1', name: 'acme' }] }, id);
const unknown = { exchanges: [gone()], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;

export const cases: readonly ProviderSpec<PlanetscaleConfig>[] = [
  {
    definition: planetscale,
    config,
    token: TOKEN,
    credentials: [OPERATOR],
    context: CONTEXT,
    kind: 'service-token',
    type: 'gitleaks_rule_id_planetscale_api_token',
    scripts: {
      revoked: { exchanges: [there(), works(), record('DELETE', 204), gone()] },
      // A deleted token is as unknown as one of another organisation.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [record('GET', 401, error('unauthorized'))] },
      forbidden: { exchanges: [there(), works(), record('DELETE', 403, error('forbidden'))] },
      // It never happens so: the token's id is on file before anything is deleted.
      secondCall: unknown,
    },
  },
];
