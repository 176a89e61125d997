/** One instance, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, emptyRow, row, textRow } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Instance } from './config.ts';
import { MESSAGE, NO_SCOPE, recordsByAdmin, recordsByItself } from './records.ts';

/** Without a record, the token deletes itself as Gogs lets it. */
export const FOUND = z.object({ record: z.object({ user: z.string(), id: z.int() }).optional() });
type Found = z.output<typeof FOUND>;

/** Gogs says nothing of administrators. */
const USER = z.object({ login: z.string().min(1), is_admin: z.boolean().optional() });
const ADMIN = z.object({ is_admin: z.boolean() });
/** With the address of the API's description, which a gateway's own refusal lacks. */
const REFUSED = z.object({ message: z.string(), url: z.string() });
/** With a page of words, as of any address that they do not know. */
const NO_SUCH_CALL = { statuses: [404], read: () => ({ means: 'no-such-call' as const }) };
const ANYBODYS = z.object({ ok: z.literal(true), data: z.array(z.unknown()) });
/** No name may have two dashes in a row, so that nobody has this one. */
const NOBODYS_AVATAR = '/user/avatar/quash--asks/64';
const NOBODY = textRow([404], /^\s*Not found\.\s*$/, 'nobody');

const NO_OWNER = refused(
  'not-permitted',
  'The token works, but may not say whose it is: its owner has to delete it, under Settings > Applications.',
);
const NO_ADMIN = refused(
  'not-permitted',
  'The token works, but may not delete itself: configure an administrator of the instance and retry, unless it is Gogs; there the owner has to delete the token, under Settings > Applications.',
);
const AMBIGUOUS =
  'The token works, and it cannot be told which one of its user it is: have the owner delete it, under Settings > Applications.';

export function instanceAccount({ url, admin }: Instance, tools: Tools): Account<Found> {
  const upstream = tools.upstream(url);
  const call = admin && operatorCalls(upstream, { authorization: basic(admin.username, admin.password) });
  const byAdmin = call && recordsByAdmin(call);

  /** Their own tokens are listed to others, too. */
  const probe =
    call &&
    (async (signal: AbortSignal): Promise<void> => {
      const answer = await call({ method: 'GET', path: '/api/v1/user', statuses: [200], signal });
      if (answer.json(ADMIN).is_admin) return;
      throw new Failure('permission-missing', { target: upstream.base, status: answer.status });
    });

  const saidTo = async (token: Secret, signal: AbortSignal) => {
    const headers = { authorization: asToken(token) };
    const { means, answer } = await ask(
      upstream,
      { method: 'GET', path: '/api/v1/user', headers, signal, tells: { owner: ['email', 'login'] } },
      [
        row([200], USER, ({ login, is_admin }) => ({ login, isGogs: is_admin === undefined })),
        row([401], REFUSED, 'refused'),
        emptyRow([401], 'refused-without-a-word'),
        row([403], NO_SCOPE, 'not-said'),
        row([403], MESSAGE, 'suspended'),
      ],
    );
    if (means === 'suspended') throw suspended(upstream, 403);
    return { means, answer };
  };
  /** What is asked here has to be read from the database. @throws {Failure} */
  const mustRead = async (refusal: 'refused' | 'refused-without-a-word', signal: AbortSignal) => {
    const search = { path: '/api/v1/users/search', query: { q: 'quash', limit: 1 } } as const;
    const asked = await ask(upstream, { method: 'GET', ...search, signal }, [
      row([200], ANYBODYS, 'open'),
      ...(refusal === 'refused' ? [row([401, 403, 404], MESSAGE, 'closed')] : []),
    ]);
    if (asked.means === 'open') return;
    if (probe) await probe(signal);
    else await ask(upstream, { method: 'GET', path: NOBODYS_AVATAR, signal }, [NOBODY]);
  };
  /**
   * While its database does not answer, an instance refuses all; so do proxies, which refuse what Gogs lets anybody do, too.
   * The database may have been locked until just now, so that what Gitea then says of the token counts; what says nothing may
   * be a proxy's, which does not come last.
   */
  const ownerOf = async (token: Secret, signal: AbortSignal) => {
    const { means, answer } = await saidTo(token, signal);
    if (means !== 'refused' && means !== 'refused-without-a-word') return means;
    await mustRead(means, signal);
    if (means === 'refused-without-a-word') return 'refused';
    const { means: again } = await saidTo(token, signal);
    if (again === 'refused-without-a-word') throw unexpected(upstream, answer);
    return again;
  };

  return {
    name: upstream.base,
    async look(token, { signal }): Promise<Sight<Found>> {
      const owner = await ownerOf(token, signal);
      if (owner === 'refused') return { state: 'absent' };
      const itself = { state: 'alive', found: {}, by: 'by-value' } as const;
      if (!byAdmin && (owner === 'not-said' || owner.isGogs)) return itself;
      if (owner === 'not-said') return { state: 'unable', refusal: NO_OWNER };
      const tokens = await (byAdmin ?? recordsByItself(upstream, token)).list(owner.login, signal);
      if (tokens === 'not-shown') return itself;
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
      if (!byAdmin || !record) return false;
      const tokens = await byAdmin.list(record.user, signal);
      return !tokens || tokens.some(({ id }) => id === record.id);
    },
    async revoke({ record }, token, { signal }) {
      if (record && byAdmin) {
        await byAdmin.remove(record, signal);
        return revoked();
      }
      if (record) {
        const end = await recordsByItself(upstream, token).remove(record, signal);
        return end === 'deleted' ? revoked() : NO_ADMIN;
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
