import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { lichess } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
const PERSONAL = ['lip', 'k3y9Q'.repeat(4)].join('_');
const OF_AN_APP = ['lio', 'k3y9Quas'.repeat(4)].join('_');
const UNKNOWN = { error: 'No such token' };
/** It may be of the mobile app, which signs its tokens. */
const NOT_SURE = { outcome: 'refused', reason: 'unknown-token' } as const;

const caseOf = (token: string, unknownEnd?: typeof NOT_SURE): ProviderSpec<object> => {
  const call = (method: string, path: string, status: number, json?: unknown): Exchange => ({
    expect: { method, path: `/lichess.org/api/${path}`, headers: { authorization: `Bearer ${token}` } },
    answer: { status, ...(json !== undefined && { json }) },
  });
  const exchanges = [call('DELETE', 'token', 401, UNKNOWN)];
  const unknown = unknownEnd ? { exchanges, endsAs: unknownEnd } : { exchanges };
  const notApplicable = { notApplicable: 'The leaked token is the only credential.' };
  return {
    definition: lichess,
    config: () => ({}),
    token,
    kind: 'access-token',
    type: 'gitleaks_rule_id_lichess-personal-access-token',
    scripts: {
      revoked: { exchanges: [call('DELETE', 'token', 204), call('GET', 'account', 401, UNKNOWN)] },
      alreadyDead: unknown,
      unknownToken: unknownEnd
        ? { exchanges, endsAs: unknownEnd }
        : { notApplicable: 'Lichess issued all of them and says so of those that do not work.' },
      credentialRefused: notApplicable,
      forbidden: notApplicable,
      secondCall: unknown,
    },
    passing: [
      {
        name: 'a closed account',
        source: "the vendor's source, OAuthServer.scala",
        answer: { status: 401, json: { error: 'No such user' } },
      },
    ],
  };
};

export const cases: readonly ProviderSpec<object>[] = [caseOf(PERSONAL), caseOf(OF_AN_APP, NOT_SURE)];
