/** The service account tokens of one organisation of an instance. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Keeper } from '../../src/provider/kit/operator-records.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { GrafanaConfig } from './index.ts';

const PER_PAGE = 1000;
const MAX_PAGES = 20;

const SELF = z.object({ login: z.string().min(1), orgId: z.int() });
const MESSAGE = z.object({ message: z.string() });
const ENDED = [
  { status: 401, body: z.object({ messageId: z.enum(['api-key.expired', 'api-key.revoked']) }) },
];
const REFUSED = [{ status: 401, body: MESSAGE }];
const NOT_TOLD = [{ status: 404, body: MESSAGE }];
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

const TOO_OLD =
  'The token works, but this Grafana does not say of which service account it is: delete it by hand.';
const SEVERAL =
  'The token works, and its service account has several tokens: find out which one leaked and delete it, or delete them all.';

export function keeperOf(
  { url, orgId, token: own }: GrafanaConfig['instances'][number],
  tools: Tools,
): Keeper {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: bearer(own) });
  const place = { instance: upstream.base, orgId };

  const askItself = (token: Secret, signal: AbortSignal) => {
    const headers = { authorization: bearer(token) };
    return upstream.request({ method: 'GET', path: '/api/user', headers, statuses: [200, 401, 404], signal });
  };
  const accountPage = async (page: number, signal: AbortSignal) => {
    const query = { perpage: PER_PAGE, page };
    const path = '/api/serviceaccounts/search';
    return (await call({ method: 'GET', path, query, statuses: [200], signal })).json(ACCOUNTS);
  };
  /** Logins are unique within an instance. */
  const accountId = async (login: string, signal: AbortSignal): Promise<number | undefined> => {
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { serviceAccounts, totalCount } = await accountPage(page, signal);
      const account = serviceAccounts.find((each) => each.login === login);
      if (account || page * PER_PAGE >= totalCount) return account?.id;
    }
    return undefined;
  };
  const activeTokens = async (account: number, signal: AbortSignal) => {
    const path = `/api/serviceaccounts/${account}/tokens`;
    const answer = await call({ method: 'GET', path, statuses: [200], signal });
    return answer.json(TOKENS).filter(({ hasExpired, isRevoked }) => !hasExpired && !isRevoked);
  };

  return {
    name: `${upstream.base} organisation ${orgId}`,
    own,
    async find(token, { signal }) {
      const itself = await askItself(token, signal);
      if (shows(itself, ENDED)) return alreadyInactive(place);
      if (shows(itself, REFUSED)) return undefined;
      if (shows(itself, NOT_TOLD)) return refused('unsupported-kind', TOO_OLD, place);
      const { login, orgId: itsOrgId } = itself.json(SELF);
      const account = itsOrgId === orgId ? await accountId(login, signal) : undefined;
      if (account === undefined) return undefined;
      const tokens = await activeTokens(account, signal);
      const [only] = tokens;
      if (only && tokens.length === 1) return `${account}/tokens/${only.id}`;
      const candidates = tokens.map(({ id, created, lastUsedAt }) => ({
        tokenId: id,
        createdAt: created,
        lastUsedAt: lastUsedAt ?? null,
      }));
      return refused('ambiguous', SEVERAL, { ...place, serviceAccountId: account, candidates });
    },
    async remove(id, _token, signal) {
      const path = `/api/serviceaccounts/${id}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ ...place, record: id });
    },
    async look(_id, token, signal) {
      const itself = await askItself(token, signal);
      if (shows(itself, REFUSED)) return 'dead';
      if (itself.status !== 200) throw unexpected(upstream, itself);
      itself.json(SELF);
      return 'alive';
    },
    async probe(signal) {
      await accountPage(1, signal);
    },
  };
}
