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
import type { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const PASSWORD: TokenKind = {
  id: 'branch-password',
  types: ['gitleaks_rule_id_planetscale_password', 'gitleaks_rule_id_planetscale-password'],
  pattern: /(?<![\w-])pscale_pw_[\w=.-]{32,64}(?![\w=.-])/,
  effect: 'token',
};

/** Together, for databases, branches and passwords. */
const MAX_PAGES = 200;
const PAGE_SIZE = 100;

const PART = z.string().regex(/^[\w-][\w.-]*$/);
const NAMED = z.object({ name: PART });
const RECORD = z.object({
  id: PART,
  username: z.string().nullish(),
  access_host_url: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*\.psdb\.cloud$/)
    .nullish()
    .catch(null),
  deleted_at: z.string().nullish(),
});
const NOT_FOUND = z.object({ code: z.literal('not_found') });
const SESSION = z.object({ session: z.looseObject({}) });
const ERROR = z.object({ code: z.string() });

const NO_USER =
  'A password can only be found by its user name, and there are no lines around the leak: delete the password in the settings of its branch.';
const UNPROVEN =
  'The user name beside the leak is one of the organisation, but opens no session together with the password: it is of another password, or only some addresses may use it.';
const TOO_MANY =
  'The organisation has more branches than Quash reads: find the password by its user name by hand.';

interface Candidate {
  /** Below the organisation; it is the id that is put on file. */
  readonly path: string;
  readonly username: string;
  readonly host: string | null | undefined;
}

export function passwordKeeper(
  organization: string,
  call: ReturnType<typeof operatorCalls>,
  tools: Tools,
): Keeper {
  const root = `/organizations/${organization}`;

  const readPage = async <T>(path: string, item: z.ZodType<T>, page: number, signal: AbortSignal) => {
    const query = { page, per_page: PAGE_SIZE };
    const answer = await call({ method: 'GET', path: root + path, query, statuses: [200], signal });
    return answer.json(z.object({ data: z.array(item), next_page: z.int().nullish() }));
  };
  /** Those passwords whose user name stands in the lines; undefined when there is too much to read. */
  const candidatesIn = async (
    lines: string,
    signal: AbortSignal,
  ): Promise<readonly Candidate[] | undefined> => {
    let pages = 0;
    const readAll = async <T>(path: string, item: z.ZodType<T>): Promise<readonly T[]> => {
      const all: T[] = [];
      for (let page = 1; pages++ < MAX_PAGES; page++) {
        const { data, next_page } = await readPage(path, item, page, signal);
        all.push(...data);
        if (!next_page) break;
      }
      return all;
    };
    const candidates: Candidate[] = [];
    for (const database of await readAll('/databases', NAMED)) {
      const branches = `/databases/${database.name}/branches`;
      for (const branch of await readAll(branches, NAMED)) {
        const passwords = `${branches}/${branch.name}/passwords`;
        for (const { id, username, access_host_url: host } of await readAll(passwords, RECORD)) {
          if (username && lines.includes(username))
            candidates.push({ path: `${passwords}/${id}`, username, host });
        }
      }
    }
    return pages <= MAX_PAGES ? candidates : undefined;
  };
  const opensSession = async ({ host, username }: Candidate, password: Secret, signal: AbortSignal) => {
    if (!host) return false;
    const upstream = tools.upstream(`https://${host}`);
    const answer = await upstream.request({
      method: 'POST',
      path: '/psdb.v1alpha1.Database/CreateSession',
      headers: { authorization: basic(username, password) },
      json: {},
      statuses: [200, 401, 403],
      signal,
    });
    if (answer.status === 200) answer.json(SESSION);
    else if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    return answer.status === 200;
  };

  return {
    name: organization,
    async find(password, step) {
      const lines = await step.context();
      if (!lines) return refused('needs-context', NO_USER);
      const candidates = await candidatesIn(lines.reveal(), step.signal);
      if (!candidates) return refused('ambiguous', TOO_MANY, { organization });
      for (const candidate of candidates) {
        if (await opensSession(candidate, password, step.signal)) return candidate.path;
      }
      if (candidates.length === 0) return undefined;
      const evidence = candidates.map(({ path }) => ({ password: path }));
      return refused('ambiguous', UNPROVEN, { organization, candidates: evidence });
    },
    async remove(path, _password, signal) {
      await call({ method: 'DELETE', path: root + path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked({ organization, password: path });
    },
    async look(path, _password, signal) {
      const request = { method: 'GET', path: root + path, statuses: [200], notFound: NOT_FOUND } as const;
      const answer = await call({ ...request, signal });
      return answer.status === 404 || answer.json(RECORD).deleted_at ? 'dead' : 'alive';
    },
    async probe(signal) {
      await readPage('/databases', NAMED, 1, signal);
    },
  };
}
