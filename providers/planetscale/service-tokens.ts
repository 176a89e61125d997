/**
 * Service tokens.
 *
 * Docs: https://planetscale.com/docs/api/reference/service-tokens
 *
 * - A service token works only together with its id, 12 small letters and digits without a prefix, which scanners do
 *   not report. It is looked for in the lines around the leak; only the pair that works is the leaked token.
 * - For that the leaked token has to have the right to read its organization. Where it has not, a person has to act.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstOfHalves, mustRefuse } from '../../src/provider/kit/halves.ts';
import { type OperatorRequest, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { PlanetscaleConfig } from './config.ts';

export const HOST = 'https://api.planetscale.com';
export const ACCEPT = { accept: 'application/json' };

export const SERVICE_TOKEN: TokenKind = {
  id: 'service-token',
  types: ['gitleaks_rule_id_planetscale_api_token'],
  pattern: /(?<![\w-])pscale_tkn_[\w=.-]{32,64}(?![\w=.-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any organization may have this token, and each knows only its own.' },
  whole: 'open',
  undo: 'no',
};

/** More would be guessing. */
const MAX_IDS = 20;

const NOBODYS_ID = '0'.repeat(12);
const ID = /(?<![\w-])[a-z0-9]{12}(?![\w-])/;
const RECORD = z.object({ id: z.string() });
const NOT_FOUND = z.object({ code: z.literal('not_found') });
const ERROR = z.object({ code: z.string(), message: z.string() });
const ORGANIZATIONS = z.object({ data: z.array(z.object({ name: z.string() })) });

const NO_ID =
  'A service token can only be found by its id, and there is none beside the leak: delete the token in the settings of its organization.';
const UNPROVEN =
  'The id beside the leak is one of the organization, but does not work together with the token: it is of another token, or the token may not read its organization.';

export function serviceTokens({ organizations }: PlanetscaleConfig, tools: Tools): Part {
  const upstream = tools.upstream(`${HOST}/v1`);
  const work = byAccounts(
    organizations.map((organization) => accountOf(organization, upstream)),
    {
      found: z.string().min(1),
      unknown:
        'No id beside the leak is one of a configured PlanetScale organization: add its organization to providers.planetscale.organizations and retry.',
      rights: 'The service token must have read_service_tokens and delete_service_tokens.',
      log: tools.log,
    },
  );
  return { kinds: [SERVICE_TOKEN], isAble: organizations.length > 0, ...work };
}

function accountOf(
  { name, tokenId, token: own }: PlanetscaleConfig['organizations'][number],
  upstream: Upstream,
): Account<string> {
  const call = operatorCalls(upstream, headersOf(tokenId, own));
  const recordPath = (id: string) => `/organizations/${name}/service-tokens/${encodeURIComponent(id)}`;

  /** Without the right to read tokens, our own would not be there either. */
  const asOurs = { within: { path: recordPath(tokenId), shows: RECORD } };
  const isThere = async (
    id: string,
    signal: AbortSignal,
    more: Partial<OperatorRequest> = {},
  ): Promise<boolean> => {
    const request = { method: 'GET', path: recordPath(id), statuses: [200], notFound: NOT_FOUND } as const;
    const answer = await call({ ...request, ...more, signal });
    if (answer.status === 404) return false;
    if (answer.json(RECORD).id !== id) throw unexpected(upstream, answer);
    return true;
  };
  const works = async (id: string, token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = headersOf(id, token);
    const request = { method: 'GET', path: '/organizations', headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], ORGANIZATIONS, ({ data }) => data.some((each) => each.name === name)),
      row([401, 403, 404], ERROR, false),
    ]);
    return means;
  };

  return {
    name,
    async look(token, step, known) {
      const ids = known === undefined ? await idsBeside(step) : [known];
      if (ids.length === 0) return { state: 'unable', refusal: refused('needs-context', NO_ID) };
      const unproven: string[] = [];
      const working = await firstOfHalves(ids, async (id) => {
        if (!(await isThere(id, step.signal, known === undefined ? {} : asOurs))) return undefined;
        if (await works(id, token, step.signal)) return id;
        unproven.push(id);
        return undefined;
      });
      if (working !== undefined) {
        await mustRefuse(upstream, works(NOBODYS_ID, token, step.signal));
        return { state: 'alive', found: working, by: 'signs-in', evidence: { tokenId: working } };
      }
      if (unproven.length === 0) return { state: 'absent' };
      const candidates = unproven.map((each) => ({ tokenId: each }));
      const refusal = refused('ambiguous', UNPROVEN, { organization: name, candidates });
      return { state: 'unable', refusal, maybeElsewhere: true };
    },
    async revoke(id, _token, { signal }) {
      const request = {
        method: 'DELETE',
        path: recordPath(id),
        statuses: [204],
        notFound: NOT_FOUND,
      } as const;
      await call({ ...request, signal });
      return revoked();
    },
    verify: async (id, _token, { signal }) => ((await isThere(id, signal, asOurs)) ? 'alive' : 'dead'),
    async probe(signal) {
      await isThere(tokenId, signal);
    },
  };
}

/** The nearest ones, as many words look like an id. */
async function idsBeside(step: Step): Promise<readonly string[]> {
  return (await step.matchesAround(ID)).slice(0, MAX_IDS).map((each) => each.reveal());
}

export function headersOf(id: string, token: Secret) {
  return { authorization: new Secret(`${id}:${token.reveal()}`), ...ACCEPT };
}
