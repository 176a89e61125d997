/** Where a password of a branch is looked for, and how it is tried. Quirks are listed in `passwords.ts`. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Together, for databases, branches and passwords. */
const MAX_PAGES = 200;
const PAGE_SIZE = 100;

const PART = z.string().regex(/^[\w-][\w.-]*$/);
export const NAMED = z.object({ name: PART });
export const RECORD = z.object({
  id: PART,
  username: z.string().nullish(),
  access_host_url: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*\.psdb\.cloud$/)
    .nullish()
    .catch(null),
  deleted_at: z.string().nullish(),
});
type PasswordRecord = z.output<typeof RECORD>;

const SESSION = z.object({ session: z.looseObject({}) });
const ERROR = z.object({ code: z.string() });

export interface Candidate extends PasswordRecord {
  /** Below the organization. */
  readonly path: string;
}

export async function readPage<T>(
  call: OperatorCall,
  path: string,
  item: z.ZodType<T>,
  page: number,
  signal: AbortSignal,
) {
  const query = { page, per_page: PAGE_SIZE };
  const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
  return answer.json(z.object({ data: z.array(item), next_page: z.int().nullish() }));
}

/** Those passwords whose user name stands in the lines; undefined when there is too much to read. */
export async function findCandidates(
  call: OperatorCall,
  root: string,
  lines: string,
  signal: AbortSignal,
): Promise<readonly Candidate[] | undefined> {
  let pages = 0;
  const readAll = async <T>(path: string, item: z.ZodType<T>): Promise<readonly T[]> => {
    const all: T[] = [];
    for (let page = 1; pages++ < MAX_PAGES; page++) {
      const { data, next_page } = await readPage(call, root + path, item, page, signal);
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
      for (const record of await readAll(passwords, RECORD)) {
        if (record.username && lines.includes(record.username)) {
          candidates.push({ ...record, path: `${passwords}/${record.id}` });
        }
      }
    }
  }
  return pages <= MAX_PAGES ? candidates : undefined;
}

/** Whether the pair is let in; a session is opened and no query sent. @throws {Failure} */
export async function opensSession(
  { access_host_url: host, username }: PasswordRecord,
  password: Secret,
  tools: Tools,
  signal: AbortSignal,
): Promise<boolean> {
  if (!host || !username) return false;
  const request = {
    method: 'POST',
    path: '/psdb.v1alpha1.Database/CreateSession',
    headers: { authorization: basic(username, password) },
    json: {},
    readOnly: true,
    signal,
  } as const;
  const { means } = await ask(tools.upstream(`https://${host}`), request, [
    row([200], SESSION, true),
    row([401, 403], ERROR, false),
  ]);
  return means;
}
