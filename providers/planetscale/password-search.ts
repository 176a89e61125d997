/** Where a password of a branch is looked for, and how it is tried. Quirks are listed in `passwords.ts`. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { asFailure } from '../../src/provider/kit/in-turn.ts';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import { type Later, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
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

interface Candidate extends PasswordRecord {
  /** Below the organization. */
  readonly path: string;
}

export async function readPage<T>(
  call: OperatorCall,
  path: string,
  item: z.core.$ZodType<T>,
  page: number,
  signal: AbortSignal,
) {
  const query = { page, per_page: PAGE_SIZE };
  const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
  return answer.json(z.object({ data: z.array(item), next_page: z.int().nullish() }));
}

interface Part {
  /** Below the organization. */
  readonly path: string;
  readonly page: number;
}

/** All passwords of all branches, under one key: which user names stand beside a leak is seen in the end. */
const ALL = '';

interface Candidates {
  readonly beside: readonly Candidate[];
  /** Until when it says nothing that the leaked one is none of these; undefined where it is in no branch. */
  readonly notAmong: Later | undefined;
}

type Search = (lines: string, step: Step) => Promise<Candidates | Later | 'too-many'>;

/** Finds those passwords whose user name stands in the lines. One reading serves all that are searched for at a time. */
export function candidatesIn(call: OperatorCall, root: string, { clock }: Tools): Search {
  const list = new SearchedList<Candidate, readonly Part[]>({
    ...{ clock, first: [{ path: '/databases', page: 1 }], maxCalls: MAX_PAGES },
    isByNumber: ([part]) => part !== undefined && part.page > 1,
    async read([part, ...others], signal) {
      if (!part) return { items: [], next: undefined };
      const { path, page } = part;
      const isOf = path.slice(path.lastIndexOf('/') + 1);
      const rest = (next: number | null | undefined, below: readonly Part[]) => {
        const parts = [...(next ? [{ path, page: next }] : []), ...others, ...below];
        return parts.length > 0 ? parts : undefined;
      };
      if (isOf === 'passwords') {
        const { data, next_page } = await readPage(call, root + path, RECORD, page, signal);
        const items = data.map((record) => [ALL, { ...record, path: `${path}/${record.id}` }] as const);
        return { items, next: rest(next_page, []) };
      }
      const { data, next_page } = await readPage(call, root + path, NAMED, page, signal);
      const inner = isOf === 'databases' ? 'branches' : 'passwords';
      const below = data.map(({ name }) => ({ path: `${path}/${name}/${inner}`, page: 1 }));
      return { items: [], next: rest(next_page, below) };
    },
  });
  return async (lines, step) => {
    const all = await list.findAnew(ALL, step);
    if (typeof all === 'string' || 'state' in all) return all;
    const beside = all.filter(({ username }) => username && lines.includes(username));
    return { beside, notAmong: list.notAmong(all) };
  };
}

const NOBODYS_NAME = '0'.repeat(20);

/**
 * Whether the pair is let in; a session is opened and no query sent.
 * @throws {Failure} of this entry alone: the host is that of some branches, and others have others
 */
export async function isPair(
  { access_host_url: host, username }: PasswordRecord,
  password: Secret,
  tools: Tools,
  signal: AbortSignal,
): Promise<boolean> {
  if (!host || !username) return false;
  const upstream = tools.upstream(`https://${host}`);
  const opens = (name: string) =>
    opensSession(upstream, name, password, signal).catch((error: unknown) => {
      throw asFailure(error).ofEntry();
    });
  if (!(await opens(username))) return false;
  await mustRefuse(upstream, opens(NOBODYS_NAME));
  return true;
}

async function opensSession(
  upstream: Upstream,
  username: string,
  password: Secret,
  signal: AbortSignal,
): Promise<boolean> {
  const request = {
    method: 'POST',
    path: '/psdb.v1alpha1.Database/CreateSession',
    headers: { authorization: basic(username, password) },
    json: {},
    readOnly: true,
    signal,
  } as const;
  const { means } = await ask(upstream, request, [row([200], SESSION, true), row([401, 403], ERROR, false)]);
  return means;
}
