/** One Bitbucket instance, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { idInside, withNobodysId } from './token.ts';

export const RECORD = z.object({ user: z.string(), id: z.string() });
type Record = z.output<typeof RECORD>;

const PROPERTIES = z.object({ version: z.string() });
const ERRORS = z.object({ errors: z.array(z.object({ message: z.string() })) });
const TOKEN = z.object({ id: z.string() });
const HEAD = 'BBDC-';
/** The header has the user encoded, as a path does. */
const ENCODED = /^[\w.~%-]+$/;

const NO_RECORD =
  'The token works, but its user has no token with the id inside it: it may be of a project or a repository. Delete it by hand.';

export function bitbucketAccount(upstream: Upstream, adminToken: Secret): Account<Record> {
  const call = operatorCalls(upstream, { authorization: bearer(adminToken) });
  const pathOf = ({ user, id }: Record) => `/rest/access-tokens/1.0/users/${user}/${encodeURIComponent(id)}`;

  /** Undefined when the token is not let in. */
  const userOf = async (token: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const path = '/rest/api/1.0/application-properties';
    const headers = { authorization: bearer(token) };
    const { means, answer } = await ask(upstream, { method: 'GET', path, headers, signal }, [
      row([200], PROPERTIES, true),
      row([401], ERRORS, false),
    ]);
    if (!means) return undefined;
    const user = answer.header('x-ausername');
    if (!user || !ENCODED.test(user)) throw unexpected(upstream, answer);
    return user;
  };

  const isListed = async (record: Record, signal: AbortSignal): Promise<boolean> => {
    const path = pathOf(record);
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: ERRORS, signal });
    return answer.status === 200 && answer.json(TOKEN).id === record.id;
  };

  return {
    name: upstream.base,
    async look(token, { signal }): Promise<Sight<Record>> {
      const user = await userOf(token, signal);
      if (user === undefined) return { state: 'absent' };
      const forged = userOf(withNobodysId(token, HEAD), signal);
      await mustRefuse(
        upstream,
        forged.then((other) => other !== undefined),
      );
      const record = { user, id: idInside(token, HEAD) };
      if (!(await isListed(record, signal))) {
        return { state: 'unable', refusal: refused('not-permitted', NO_RECORD, { user }) };
      }
      return { state: 'alive', found: record, by: 'signs-in', evidence: { user, tokenId: record.id } };
    },
    isThere: isListed,
    async revoke(record, _token, { signal }) {
      await call({ method: 'DELETE', path: pathOf(record), statuses: [204], notFound: ERRORS, signal });
      return revoked();
    },
    verify: async (_record, token, { signal }) =>
      (await userOf(token, signal)) === undefined ? 'dead' : 'alive',
    async probe(signal) {
      const query = { limit: 1 };
      await call({ method: 'GET', path: '/rest/api/1.0/admin/users', query, statuses: [200], signal });
    },
  };
}
