/** The tokens of one user or organisation. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { credentialFailure, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const SEVERAL =
  'The leaked token works and its owner has several active ones: ask the owner which one it is, and set that one inactive.';
const TOO_MANY = 'The owner of the token has more tokens than Quash reads: find the leaked one by hand.';
const NOT_LISTED = 'The token works but is not in the list of its owner: look for it on Docker Hub by hand.';
const PAGE_SIZE = 100;
const MAX_PAGES = 10;
const MAX_EVIDENCE = 20;
const SESSION_SECONDS = 600;
const ID = z.string().regex(/^[\w-]+$/);
const STATE = {
  is_active: z.boolean(),
  created_at: z.iso.datetime({ offset: true }).nullish().catch(null),
  expires_at: z.string().nullish(),
};
/** The id of a personal token is called `uuid`, that of an organisation's `id`. */
const RECORD = z
  .object({ uuid: ID, ...STATE })
  .or(z.object({ id: ID, ...STATE }).transform(({ id, ...rest }) => ({ uuid: id, ...rest })));
type TokenRecord = z.output<typeof RECORD>;
const PAGE = z.object({ results: z.array(RECORD), next: z.string().nullish() });
const SESSION = z.object({ access_token: z.string().min(1) });
const INACTIVE = z.object({ is_active: z.literal(false) });
const ERROR = z.object({ message: z.string() }).or(z.object({ detail: z.string() }));

interface Owner {
  /** The user or organisation whose tokens these are; a token logs in with this name. */
  readonly owner: string;
  readonly username: string;
  readonly password: Secret;
  readonly path: string;
}

export function keeperOf(
  { owner, username, password, path }: Owner,
  upstream: Upstream,
  { clock }: Tools,
): Keeper {
  const sessions = createAccessTokens(clock, async (signal) => {
    const answer = await logIn(upstream, username, password, signal);
    if (answer.status === 401) throw credentialFailure(upstream, answer);
    return { token: new Secret(answer.json(SESSION).access_token), expiresInSeconds: SESSION_SECONDS };
  });
  const call = sessionCalls(upstream, sessions);
  const readPage = async (page: number, signal: AbortSignal) => {
    const query = { page, page_size: PAGE_SIZE };
    return (await call({ method: 'GET', path, query, statuses: [200], signal })).json(PAGE);
  };
  const isUsable = ({ is_active, expires_at }: TokenRecord): boolean =>
    is_active && !(expires_at && Date.parse(expires_at) <= clock.now());
  const usableTokens = async (signal: AbortSignal): Promise<readonly TokenRecord[] | undefined> => {
    const all = await readPages(1, MAX_PAGES, async (page) => {
      const { results, next } = await readPage(page, signal);
      return { items: results, next: next ? page + 1 : undefined };
    });
    return all?.filter(isUsable);
  };
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await logIn(upstream, owner, token, signal);
    if (answer.status === 200) answer.json(SESSION);
    return answer.status === 200;
  };

  return {
    name: owner,
    own: password,
    async find(token, { signal }) {
      if (!(await works(token, signal))) return undefined;
      const usable = await usableTokens(signal);
      if (!usable) return refused('ambiguous', TOO_MANY, { owner });
      const [only, ...others] = usable;
      if (!only) return refused('unsupported-kind', NOT_LISTED, { owner });
      return others.length === 0
        ? only.uuid
        : refused('ambiguous', SEVERAL, { owner, ...candidates(usable) });
    },
    async remove(uuid, _token, signal) {
      const json = { is_active: false };
      const request = {
        method: 'PATCH',
        path: `${path}/${uuid}`,
        json,
        statuses: [200, 404],
        signal,
      } as const;
      const answer = await call(request);
      // Deleted meanwhile; the log-in that follows tells.
      if (answer.status === 404) answer.json(ERROR);
      else answer.json(INACTIVE);
      return revoked({ owner, tokenId: uuid });
    },
    look: async (_uuid, token, signal) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await readPage(1, signal);
    },
  };
}

/** Answers 200, or 401 in the words of Docker Hub. */
async function logIn(
  upstream: Upstream,
  identifier: string,
  secret: Secret,
  signal: AbortSignal,
): Promise<Answer> {
  const json = { identifier, secret };
  const request = { method: 'POST', path: '/v2/auth/token', json, statuses: [200, 401], signal } as const;
  const answer = await upstream.request(request);
  if (answer.status === 401 && !answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
  return answer;
}

function candidates(records: readonly TokenRecord[]) {
  return {
    candidates: records
      .slice(0, MAX_EVIDENCE)
      .map(({ uuid, created_at }) => ({ tokenId: uuid, createdAt: created_at ?? null })),
  };
}
