/** The tokens of one user or organization. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { Refusals } from '../../src/provider/kit/refusals.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { ERROR, logIn } from './log-in.ts';

const SEVERAL =
  'The leaked token works and its owner has several active ones: ask the owner which one it is, and set that one inactive.';
const TOO_MANY = 'The owner of the token has more tokens than Quash reads: find the leaked one by hand.';
const NOT_LISTED = 'The token works but is not in the list of its owner: look for it on Docker Hub by hand.';
const PAGE_SIZE = 100;
const MAX_PAGES = 10;
const MAX_EVIDENCE = 20;
const MAX_REFUSALS = 10;
const SESSION_SECONDS = 600;
const ID = z.string().regex(/^[\w-]+$/);
const STATE = {
  is_active: z.boolean(),
  created_at: z.iso.datetime({ offset: true }).nullish().catch(null),
  expires_at: z.string().nullish(),
};
/** The id of a personal token is called `uuid`, that of an organization's `id`. */
const RECORD = z
  .object({ uuid: ID, ...STATE })
  .or(z.object({ id: ID, ...STATE }).transform(({ id, ...rest }) => ({ uuid: id, ...rest })));
type TokenRecord = z.output<typeof RECORD>;
const PAGE = z.object({ results: z.array(RECORD), next: z.string().nullish() });
const INACTIVE = z.object({ is_active: z.literal(false) });

interface Owner {
  /** The user or organization whose tokens these are; a token logs in with this name. */
  readonly owner: string;
  readonly username: string;
  readonly password: Secret;
  readonly path: string;
}

export function ownerAccount(
  { owner, username, password, path }: Owner,
  upstream: Upstream,
  { clock }: Tools,
): Account<string> {
  const sessions = createAccessTokens(clock, async (signal) => {
    const token = await logIn(upstream, username, password, signal);
    if (!token) throw new Failure('credential-refused', { target: upstream.base, status: 401 });
    return { token, expiresInSeconds: SESSION_SECONDS };
  });
  const call = sessionCalls(upstream, sessions);
  const readPage = async (page: number, signal: AbortSignal) => {
    const query = { page, page_size: PAGE_SIZE };
    const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
    const { results, next } = answer.json(PAGE);
    const isUsable = ({ is_active, expires_at }: TokenRecord): boolean =>
      is_active && !hasSurelyEnded(expires_at, clock, answer);
    return { items: results.filter(isUsable), next: next ? page + 1 : undefined };
  };
  const usableTokens = (signal: AbortSignal): Promise<readonly TokenRecord[] | undefined> =>
    readPages(1, MAX_PAGES, (page) => readPage(page, signal));
  const refusals = new Refusals(clock, MAX_REFUSALS);
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const retryAfterMs = refusals.waitMs(owner);
    // The tokens of other owners need not wait for it.
    if (retryAfterMs > 0)
      throw new Failure('throttled', { target: upstream.base, scope: 'entry', retryAfterMs });
    const session = await logIn(upstream, owner, token, signal);
    if (!session) refusals.add(owner);
    return session !== undefined;
  };

  return {
    name: owner,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock },
    async look(token, { signal }, known) {
      if (!(await works(token, signal))) return { state: 'absent' };
      const usable = await usableTokens(signal);
      if (!usable) return { state: 'unable', refusal: refused('ambiguous', TOO_MANY, { owner }) };
      const [only, ...others] = usable;
      if (!only) return { state: 'unable', refusal: refused('unsupported-kind', NOT_LISTED, { owner }) };
      if (others.length > 0 || (known !== undefined && known !== only.uuid)) {
        const evidence = { owner, ...candidates(usable) };
        return { state: 'unable', refusal: refused('ambiguous', SEVERAL, evidence) };
      }
      const evidence = { tokenId: only.uuid };
      return { state: 'alive', found: only.uuid, by: 'one-fits', toldBy: 'nothing', evidence };
    },
    async revoke(uuid, _token, { signal }) {
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
      return revoked();
    },
    /** A log-in may be refused for what passes, a locked account say. */
    async isThere(uuid, signal) {
      return (await usableTokens(signal))?.some((each) => each.uuid === uuid) ?? true;
    },
    verify: async (_uuid, token, { signal }) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await readPage(1, signal);
    },
  };
}

function candidates(records: readonly TokenRecord[]) {
  return {
    candidates: records
      .slice(0, MAX_EVIDENCE)
      .map(({ uuid, created_at }) => ({ tokenId: uuid, createdAt: created_at ?? null })),
  };
}
