import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import { sourcegraph } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const HEX = 'c0ffee12'.repeat(5);
export const TOKEN = ['sgp', 'a1b2c3d4a1b2c3d4', HEX].join('_');
const LOCAL = ['sgp', 'local', HEX].join('_');
const OLD = ['sgp', HEX].join('_');
const HASHED = ['sgph', 'a1b2c3d4a1b2c3d4', HEX].join('_');
export const INVALID: PlainAnswer = { status: 401, text: 'Invalid access token.\n' };

export const config = (url: string) => ({ instances: [{ url }] });

const graphql = (token: string, json: unknown, answer: PlainAnswer): Exchange => ({
  expect: { method: 'POST', path: '/.api/graphql', headers: { authorization: `token ${token}` }, json },
  answer,
});
export const look = (token: string, answer: PlainAnswer) =>
  graphql(token, { query: 'query { currentUser { username } }' }, answer);
export const remove = (token: string, answer: PlainAnswer) =>
  graphql(
    token,
    {
      query: 'mutation ($token: String!) { deleteAccessToken(byToken: $token) { alwaysNil } }',
      variables: { token },
    },
    answer,
  );
export const ALIVE: PlainAnswer = { status: 200, json: { data: { currentUser: { username: 'alice' } } } };
export const DELETED: PlainAnswer = {
  status: 200,
  json: { data: { deleteAccessToken: { alwaysNil: null } } },
};
const notApplicable = { notApplicable: 'The leaked token is the only credential.' };

const caseOf = (token: string): ProviderSpec<object> => {
  const gone = look(token, INVALID);
  const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'unknown-token' } } as const;
  const alive = look(token, ALIVE);
  return {
    definition: sourcegraph,
    config,
    token,
    kind: 'access-token',
    type: 'gitleaks_rule_id_sourcegraph-access-token',
    unknownAnswer: INVALID,
    scripts: {
      revoked: { exchanges: [alive, alive, remove(token, DELETED), gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      // Not so after a crash: where it was seen to work is on record before it is deleted.
      secondCall: unknown,
    },
  };
};

export const cases: readonly ProviderSpec<object>[] = [TOKEN, LOCAL, OLD, HASHED, HEX].map(caseOf);
