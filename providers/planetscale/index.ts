/**
 * PlanetScale service tokens, and passwords of branches (./passwords.ts).
 *
 * Docs: https://planetscale.com/docs/api/reference/service-tokens,
 * https://planetscale.com/changelog/service-token-api-endpoints and
 * https://planetscale.com/docs/api/reference/delete_password, checked 2026-11-21.
 *
 * - A service token works only together with its id, 12 small letters and digits without a prefix, which scanners do
 *   not report. It is looked for in the lines around the leak; only the pair that works is the leaked token.
 * - For that the leaked token has to have the right to read its organisation. Where it has not, a person has to act.
 * - A deleted token is as unknown as one of another organisation.
 * - Not covered, for want of a call: secrets of OAuth applications, and roles of Postgres databases, whose passwords
 *   look like those of branches.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/secret.ts';
import { PASSWORD, passwordKeeper } from './passwords.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[\w-]{1,100}$/, 'expected the name of an organisation as in its URL')
          .describe('Name of the organisation, as in its URL.'),
        tokenId: z.string().min(1).describe('Id of a service token of the organisation.'),
        token: secretText().describe(
          'That service token; it needs `read_service_tokens` and `delete_service_tokens`.',
        ),
        passwords: z
          .boolean()
          .default(false)
          .describe(
            'Whether to revoke passwords of branches, too; the token then also needs `read_databases`, `read_branch`, `delete_branch_password` and `delete_production_branch_password`.',
          ),
      }),
    )
    .default([])
    .describe('Organisations whose service tokens may leak; asked in this order.'),
});

export type PlanetscaleConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'service-token',
  types: ['gitleaks_rule_id_planetscale_api_token'],
  pattern: /(?<![\w-])pscale_tkn_[\w=.-]{32,64}(?![\w=.-])/,
  effect: 'token',
};

export const planetscale: ProviderDefinition<PlanetscaleConfig> = {
  id: 'planetscale',
  title: 'PlanetScale',
  docs: 'https://planetscale.com/docs/api/reference/service-tokens',
  stability: 'beta',
  exactness: 'by the id or user name beside the leak, once it worked together with the token or password',
  proof: 'the organisation no longer knows the id',
  effect: 'the token or password only',
  needs:
    'a service token of each organisation that may delete service tokens (and passwords), and read access to the repository',
  types: [...KIND.types, ...PASSWORD.types],
  config: configSchema,
  create({ organizations }, tools) {
    const upstream = tools.upstream('https://api.planetscale.com/v1');
    const withPasswords = organizations.filter(({ passwords }) => passwords);
    const tokens = byRecords(
      organizations.map((organization) => keeperOf(organization, upstream)),
      {
        unknown:
          'No id beside the leak is one of a configured PlanetScale organisation: add its organisation to providers.planetscale.organizations and retry, or dismiss it if the token is gone.',
        rights: 'The service token must have read_service_tokens and delete_service_tokens.',
      },
      tools.log,
    );
    const passwords = byRecords(
      withPasswords.map(({ name, tokenId, token }) => {
        const call = operatorCalls(upstream, { authorization: pair(tokenId, token) });
        return passwordKeeper(name, call, tools);
      }),
      {
        unknown:
          'No user name beside the leak is one of a configured PlanetScale organisation: add its organisation to providers.planetscale.organizations and retry, or dismiss it if the password is gone.',
        rights:
          'The service token must have read_databases, read_branch, delete_branch_password and delete_production_branch_password.',
      },
      tools.log,
    );
    const of = (kind: string) => (kind === PASSWORD.id ? passwords : tokens);
    return {
      kinds: [...(organizations.length > 0 ? [KIND] : []), ...(withPasswords.length > 0 ? [PASSWORD] : [])],
      revoke: (token, step) => of(step.kind).revoke(token, step),
      verify: (token, step) => of(step.kind).verify(token, step),
      check: async (signal) => [...(await tokens.check(signal)), ...(await passwords.check(signal))],
    };
  },
};

/** More would be guessing. */
const MAX_IDS = 20;

const ID = /(?<![\w-])[a-z0-9]{12}(?![\w-])/g;
const RECORD = z.object({ id: z.string() });
const NOT_FOUND = z.object({ code: z.literal('not_found') });
const ERROR = z.object({ code: z.string(), message: z.string() });
const ORGANIZATIONS = z.object({ data: z.array(z.object({ name: z.string() })) });

const NO_ID =
  'A service token can only be found by its id, and there is none beside the leak: delete the token in the settings of its organisation.';
const UNPROVEN =
  'The id beside the leak is one of the organisation, but does not work together with the token: it is of another token, or the token may not read its organisation.';

function keeperOf(
  { name, tokenId, token: own }: PlanetscaleConfig['organizations'][number],
  upstream: Upstream,
): Keeper {
  const call = operatorCalls(upstream, { authorization: pair(tokenId, own) });
  const recordPath = (id: string) => `/organizations/${name}/service-tokens/${encodeURIComponent(id)}`;

  const isThere = async (id: string, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: recordPath(id), statuses: [200], notFound: NOT_FOUND } as const;
    const answer = await call({ ...request, signal });
    if (answer.status === 404) return false;
    if (answer.json(RECORD).id !== id) throw unexpected(upstream, answer);
    return true;
  };
  const works = async (id: string, token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: pair(id, token) };
    const request = {
      method: 'GET',
      path: '/organizations',
      headers,
      statuses: [200, 401, 403, 404],
    } as const;
    const answer = await upstream.request({ ...request, signal });
    if (answer.status === 200) return answer.json(ORGANIZATIONS).data.some((each) => each.name === name);
    answer.json(ERROR);
    return false;
  };

  return {
    name,
    own,
    async find(token, step) {
      const lines = await step.context();
      const ids = new Set(lines?.reveal().match(ID) ?? []);
      if (ids.size === 0 || ids.size > MAX_IDS) return refused('needs-context', NO_ID);
      const unproven: string[] = [];
      for (const id of ids) {
        if (!(await isThere(id, step.signal))) continue;
        if (await works(id, token, step.signal)) return id;
        unproven.push(id);
      }
      if (unproven.length === 0) return undefined;
      const candidates = unproven.map((each) => ({ tokenId: each }));
      return refused('ambiguous', UNPROVEN, { organization: name, candidates });
    },
    async remove(id, _token, signal) {
      const request = {
        method: 'DELETE',
        path: recordPath(id),
        statuses: [204],
        notFound: NOT_FOUND,
      } as const;
      await call({ ...request, signal });
      return revoked({ organization: name, tokenId: id });
    },
    look: async (id, _token, signal) => ((await isThere(id, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await isThere(tokenId, signal);
    },
  };
}

function pair(id: string, token: Secret): Secret {
  return new Secret(`${id}:${token.reveal()}`);
}
