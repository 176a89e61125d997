/**
 * Passwords of branches of Vitess databases.
 *
 * Docs: https://planetscale.com/docs/api/reference/list_passwords,
 * https://planetscale.com/docs/api/reference/delete_password and the official driver for serverless platforms,
 * https://github.com/planetscale/database-js, checked 2026-11-21.
 *
 * - A password works only together with its user name, which the list of the branch shows and scanners do not report.
 *   It is looked for in the lines around the leak; only the pair that opens a session is the leaked one.
 * - Passwords are listed branch by branch, so all branches of all databases are gone through.
 * - The host of the session comes from the list, and has to be one of PlanetScale's. No query is sent.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstOfHalves } from '../../src/provider/kit/halves.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { PlanetscaleConfig } from './config.ts';
import { candidatesIn, isPair, NAMED, RECORD, readPage } from './password-search.ts';
import { HOST, headersOf } from './service-tokens.ts';

export const PASSWORD: TokenKind = {
  id: 'branch-password',
  types: ['gitleaks_rule_id_planetscale_password', 'gitleaks_rule_id_planetscale-password'],
  pattern: /(?<![\w-])pscale_pw_[\w=.-]{32,64}(?![\w=.-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any organization may have this password, and each knows only its own.' },
  whole: 'open',
  undo: 'no',
};

const NOT_FOUND = z.object({ code: z.literal('not_found') });

const NO_USER =
  'A password can only be found by its user name, and there are no lines around the leak: delete the password in the settings of its branch.';
const UNPROVEN =
  'The user name beside the leak is one of the organization, but opens no session together with the password: it is of another password, or only some addresses may use it.';
const TOO_MANY =
  'The organization has more branches than Quash reads: find the password by its user name by hand.';

export function passwords({ organizations }: PlanetscaleConfig, tools: Tools): Part {
  const upstream = tools.upstream(`${HOST}/v1`);
  const able = organizations.filter((organization) => organization.passwords);
  const accounts = able.map(({ name, tokenId, token }) =>
    accountOf(name, operatorCalls(upstream, headersOf(tokenId, token)), tools),
  );
  const work = byAccounts(accounts, {
    // The path of the password below the organization.
    found: z.string().min(1),
    unknown:
      'No user name beside the leak is one of a configured PlanetScale organization: add its organization to providers.planetscale.organizations and retry.',
    rights:
      'The service token must have read_databases, read_branch, delete_branch_password and delete_production_branch_password.',
    log: tools.log,
  });
  return { kinds: [PASSWORD], isAble: accounts.length > 0, ...work };
}

function accountOf(organization: string, call: OperatorCall, tools: Tools): Account<string> {
  const root = `/organizations/${organization}`;
  const search = candidatesIn(call, root, tools);
  const ambiguous = (advice: string, candidates: readonly { readonly path: string }[] = []) => {
    const evidence = { organization, candidates: candidates.map(({ path }) => ({ password: path })) };
    return {
      state: 'unable',
      refusal: refused('ambiguous', advice, evidence),
      maybeElsewhere: true,
    } as const;
  };
  const recordAt = async (path: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: root + path, statuses: [200], notFound: NOT_FOUND } as const;
    // A branch that is hidden is answered like one that is gone.
    const branch = root + path.slice(0, path.lastIndexOf('/'));
    const within = { path: branch, shows: z.object({ data: z.array(RECORD) }) };
    const answer = await call({ ...request, within, signal });
    const record = answer.status === 404 ? undefined : answer.json(RECORD);
    return record?.deleted_at ? undefined : record;
  };

  return {
    name: organization,
    async look(password, step, known) {
      const { signal } = step;
      if (known !== undefined) {
        const record = await recordAt(known, signal);
        if (!record) return { state: 'absent' };
        const isProven = await isPair(record, password, tools, signal);
        return isProven ? alive(known) : ambiguous(UNPROVEN, [{ path: known }]);
      }
      const lines = await step.context();
      if (!lines) return { state: 'unable', refusal: refused('needs-context', NO_USER) };
      const candidates = await search(lines.reveal(), step);
      if (candidates === 'too-many') return ambiguous(TOO_MANY);
      if ('state' in candidates) return candidates;
      const { beside, notAmong } = candidates;
      const pair = await firstOfHalves(beside, async (candidate) =>
        (await isPair(candidate, password, tools, signal)) ? candidate : undefined,
      );
      if (pair) return alive(pair.path);
      const none: Sight<string> = beside.length === 0 ? { state: 'absent' } : ambiguous(UNPROVEN, beside);
      return notAmong ?? none;
    },
    async revoke(path, _password, { signal }) {
      await call({ method: 'DELETE', path: root + path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked();
    },
    verify: async (path, _password, { signal }) => ((await recordAt(path, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await readPage(call, `${root}/databases`, NAMED, 1, signal);
    },
  };
}

function alive(path: string) {
  return { state: 'alive', found: path, by: 'signs-in', evidence: { password: path } } as const;
}
