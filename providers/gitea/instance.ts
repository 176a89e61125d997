/** One instance, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, emptyRow, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { type Answer, basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Instance } from './config.ts';

/** Without a record, the token deletes itself. */
export const FOUND = z.object({ record: z.object({ user: z.string(), id: z.int() }).optional() });
type Found = z.output<typeof FOUND>;

const USER = z.object({ login: z.string().min(1) });
const ADMIN = z.object({ is_admin: z.boolean() });
const MESSAGE = z.object({ message: z.string() });
/** With the address of the API's description, which a gateway's own refusal lacks. */
const REFUSED = z.object({ message: z.string(), url: z.string() });
/** Also of a token for what is public alone, whose user is not. */
const NO_SCOPE = z.object({ message: z.string().regex(/required scope|token scope is limited/) });
/** With a page of words, as of any address that they do not know. */
const NO_SUCH_CALL = { statuses: [404], read: () => ({ means: 'no-such-call' as const }) };
const ANYBODYS = z.object({ ok: z.literal(true), data: z.array(z.unknown()) });
/** No name may have two dashes in a row, so that nobody has this one. */
const NOBODYS_AVATAR = '/user/avatar/quash--asks/64';
const NOBODY = {
  statuses: [404],
  read: ({ text }: Answer) => (text.trim() === 'Not found.' ? { means: 'nobody' as const } : undefined),
};
const LIST = z.array(z.object({ id: z.int(), token_last_eight: z.string().length(8) }));
const PAGE_SIZE = 50;
const MAX_PAGES = 20;

const NO_OWNER = refused(
  'not-permitted',
  'The token works, but may not say whose it is: its owner has to delete it, under Settings > Applications.',
);
const NO_ADMIN = refused(
  'not-permitted',
  'The token works, but this instance lets none delete itself: configure an administrator of it and retry, unless it is Gogs; there the owner has to delete the token, under Settings > Applications.',
);
const AMBIGUOUS =
  'The token works, and it cannot be told which one of its user it is: have the owner delete it, under Settings > Applications.';

export function instanceAccount({ url, admin }: Instance, tools: Tools): Account<Found> {
  const upstream = tools.upstream(url);
  const call = admin && operatorCalls(upstream, { authorization: basic(admin.username, admin.password) });
  const pathOf = (user: string) => `/api/v1/users/${encodeURIComponent(user)}/tokens`;

  /** Their own tokens are listed to others, too. */
  const probe =
    call &&
    (async (signal: AbortSignal): Promise<void> => {
      const answer = await call({ method: 'GET', path: '/api/v1/user', statuses: [200], signal });
      if (answer.json(ADMIN).is_admin) return;
      throw new Failure('permission-missing', { target: upstream.base, status: answer.status });
    });

  const ownerOf = async (token: Secret, signal: AbortSignal) => {
    const headers = { authorization: asToken(token) };
    const { means } = await ask(
      upstream,
      { method: 'GET', path: '/api/v1/user', headers, signal, tells: { owner: ['email', 'login'] } },
      [
        row([200], USER, ({ login }) => ({ login })),
        row([401], REFUSED, 'refused'),
        emptyRow([401], 'refused-without-a-word'),
        row([403], NO_SCOPE, 'not-said'),
        row([403], MESSAGE, 'suspended'),
      ],
    );
    if (means === 'suspended') throw new Failure('suspended', { target: upstream.base, status: 403 });
    if (means !== 'refused' && means !== 'refused-without-a-word') return means;
    // While its database does not answer, an instance refuses all; so do proxies, which refuse what Gogs lets anybody do, too.
    // What is asked besides has to be read from the database.
    const search = { path: '/api/v1/users/search', query: { q: 'quash', limit: 1 } } as const;
    const asked = await ask(upstream, { method: 'GET', ...search, signal }, [
      row([200], ANYBODYS, 'open'),
      ...(means === 'refused' ? [row([401, 403, 404], MESSAGE, 'closed')] : []),
    ]);
    if (asked.means === 'open') return 'refused';
    if (probe) await probe(signal);
    else await ask(upstream, { method: 'GET', path: NOBODYS_AVATAR, signal }, [NOBODY]);
    return 'refused';
  };

  /** An instance may give fewer than asked for on a page, so only an empty one is the end. A user may be gone. */
  const tokensOf = (user: string, signal: AbortSignal) =>
    readPages(1, MAX_PAGES, async (page) => {
      const query = { page, limit: PAGE_SIZE };
      const gone = page === 1 && { notFound: MESSAGE };
      const request = { method: 'GET', path: pathOf(user), query, statuses: [200], signal } as const;
      const answer = await call?.({ ...request, ...gone });
      const items = answer?.status === 200 ? answer.json(LIST) : [];
      return { items, next: items.length === 0 ? undefined : page + 1 };
    });

  return {
    name: upstream.base,
    async look(token, { signal }): Promise<Sight<Found>> {
      const owner = await ownerOf(token, signal);
      if (owner === 'refused') return { state: 'absent' };
      if (!call) return { state: 'alive', found: {}, by: 'by-value' };
      if (owner === 'not-said') return { state: 'unable', refusal: NO_OWNER };
      const tokens = await tokensOf(owner.login, signal);
      const [only, ...others] = (tokens ?? []).filter(({ token_last_eight: ending }) =>
        mayBe(token.reveal(), `...${ending}`),
      );
      const evidence = { user: owner.login, ...(only && { tokenId: only.id }) };
      if (!only || others.length > 0) {
        return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { user: owner.login }) };
      }
      return {
        state: 'alive',
        found: { record: { user: owner.login, id: only.id } },
        by: 'one-fits',
        toldBy: 'text',
        evidence,
      };
    },
    async isThere({ record }, signal) {
      if (!record) return false;
      const tokens = await tokensOf(record.user, signal);
      return !tokens || tokens.some(({ id }) => id === record.id);
    },
    async revoke({ record }, token, { signal }) {
      if (call && record) {
        const path = `${pathOf(record.user)}/${record.id}`;
        await call({ method: 'DELETE', path, statuses: [204], notFound: MESSAGE, signal });
        return revoked();
      }
      const headers = { authorization: asToken(token) };
      const { means } = await ask(
        upstream,
        { method: 'DELETE', path: '/api/v1/user/token', headers, signal },
        [row([204], 'deleted'), NO_SUCH_CALL],
      );
      return means === 'deleted' ? revoked() : NO_ADMIN;
    },
    verify: async (_found, token, { signal }) =>
      (await ownerOf(token, signal)) === 'refused' ? 'dead' : 'alive',
    ...(probe && { probe }),
  };
}

function asToken(token: Secret): Secret {
  return new Secret(`token ${token.reveal()}`);
}
