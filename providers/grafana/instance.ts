/** The service account tokens of one organization of an instance. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { GrafanaConfig } from './config.ts';
import { ENDED, INVALID, NOBODY } from './refusals.ts';

const PER_PAGE = 1000;
const MAX_PAGES = 20;

const SELF = z.object({ login: z.string().min(1), orgId: z.int() });
const MESSAGE = z.object({ message: z.string() });
const ACCOUNTS = z.object({
  totalCount: z.int(),
  serviceAccounts: z.array(z.object({ id: z.int(), login: z.string() })),
});
const TOKENS = z.array(
  z.object({
    id: z.int(),
    created: z.string(),
    lastUsedAt: z.string().nullish(),
    hasExpired: z.boolean(),
    isRevoked: z.boolean().nullish(),
  }),
);

/** `account/tokens/id`. */
export const FOUND = z.string().regex(/^\d+\/tokens\/\d+$/);

const TOO_OLD =
  'The token works, but this Grafana does not say of which service account it is: delete it by hand.';
const UNSEEN =
  "The token works, but the token of Quash does not see its service account: give that the right to read all of the organization's service accounts and retry, or delete the leaked one by hand.";
const SEVERAL =
  'The token works, and its service account has several tokens: find out which one leaked and delete it, or delete them all.';

const NOBODYS = new Secret(`glsa_${'0'.repeat(32)}_00000000`);

type Itself = z.output<typeof SELF> | 'dead' | 'absent' | 'nobody' | 'not-told';

export function accountOf(
  { url, orgId, token: own }: GrafanaConfig['instances'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: bearer(own) });
  const place = { instance: upstream.base, orgId };

  const askItself = async (token: Secret, signal: AbortSignal): Promise<Itself> => {
    const headers = { authorization: bearer(token) };
    const { means, answer } = await ask<AnswerRow<Itself | 'passing'>>(
      upstream,
      {
        method: 'GET',
        path: '/api/user',
        headers,
        signal,
        tells: { owner: ['email', 'login'], name: 'name' },
      },
      [
        row([200], SELF, (body) => body),
        row([401], ENDED, 'dead'),
        row([401], INVALID, 'absent'),
        row([401], NOBODY, 'nobody'),
        // A disabled service account, or another organization than the one that is asked for.
        row([401], MESSAGE, 'passing'),
        row([404], MESSAGE, 'not-told'),
      ],
    );
    if (means === 'passing') throw suspended(upstream, answer.status);
    return means;
  };
  const isLetIn = async (...of: Parameters<typeof askItself>) => typeof (await askItself(...of)) === 'object';
  const accountPage = async (page: number, signal: AbortSignal) => {
    const query = { perpage: PER_PAGE, page };
    const path = '/api/serviceaccounts/search';
    return (await call({ method: 'GET', path, query, statuses: [200], signal })).json(ACCOUNTS);
  };
  /** Logins are unique within an instance. */
  const accountId = async (login: string, signal: AbortSignal): Promise<number | undefined> => {
    const all = await readPages(1, MAX_PAGES, async (page: number) => {
      const { serviceAccounts: items, totalCount } = await accountPage(page, signal);
      const isLast = page * PER_PAGE >= totalCount || items.some((each) => each.login === login);
      return { items, next: isLast ? undefined : page + 1 };
    });
    return all?.find((each) => each.login === login)?.id;
  };
  const activeTokens = async (account: number, signal: AbortSignal) => {
    const path = `/api/serviceaccounts/${account}/tokens`;
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: MESSAGE, signal });
    if (answer.status === 404) return [];
    const tokens = inOnePiece(upstream, answer, answer.json(TOKENS));
    return tokens.filter(({ hasExpired, isRevoked }) => !hasExpired && !isRevoked);
  };
  const isActive = async (record: string, signal: AbortSignal) => {
    const [account, , id] = record.split('/').map(Number);
    return (await activeTokens(Number(account), signal)).some((each) => each.id === id);
  };
  const unable = (...refusal: Parameters<typeof refused>): Sight<string> =>
    ({ state: 'unable', refusal: refused(...refusal) }) as const;

  return {
    name: `${upstream.base} organization ${orgId}`,
    formerly: [`${upstream.base} organisation ${orgId}`],
    lag: 'none',
    async look(token, { signal }, known) {
      const itself = await askItself(token, signal);
      if (itself === 'dead' || itself === 'absent') return { state: itself };
      if (itself === 'nobody') {
        if (known === undefined || !(await isActive(known, signal))) return { state: 'absent' };
        throw suspended(upstream, 401);
      }
      if (itself === 'not-told') return unable('unsupported-kind', TOO_OLD, place);
      const isElsewhere = itself.orgId !== orgId;
      // It has just worked, so it is not gone.
      if (isElsewhere && known !== undefined) throw new Failure('still-active', { target: upstream.base });
      if (isElsewhere) return { state: 'absent' };
      const account =
        known === undefined ? await accountId(itself.login, signal) : Number(known.split('/')[0]);
      if (account === undefined) return unable('not-permitted', UNSEEN, place);
      const active = await activeTokens(account, signal);
      const [only] = active;
      // Grafana accepted the token just now, so one of them is the token; a single one is it.
      if (only && active.length === 1) {
        await mustRefuse(upstream, isLetIn(NOBODYS, signal));
        const found = `${account}/tokens/${only.id}`;
        return { state: 'alive', found, by: 'one-fits', toldBy: 'nothing', evidence: { orgId } };
      }
      const candidates = active.map(({ id, created, lastUsedAt }) => ({
        ...{ tokenId: id, createdAt: created, lastUsedAt: lastUsedAt ?? null },
      }));
      return unable('ambiguous', SEVERAL, { ...place, serviceAccountId: account, candidates });
    },
    async revoke(record, _token, { signal }) {
      const path = `/api/serviceaccounts/${record}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ record });
    },
    async verify(record, token, { signal }) {
      const itself = await askItself(token, signal);
      if (itself === 'nobody') return (await isActive(record, signal)) ? 'unknown' : 'dead';
      return itself === 'dead' || itself === 'absent' ? 'dead' : 'alive';
    },
    async probe(signal) {
      await accountPage(1, signal);
    },
  };
}
