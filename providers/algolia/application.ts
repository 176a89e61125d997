/** The keys of one application. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { AlgoliaApplication, AlgoliaConfig } from './config.ts';

const KEY = z.object({ acl: z.array(z.string()) });
const DELETED = z.object({ deletedAt: z.string() });
const MISSING = z.object({ status: z.literal(404), message: z.string().regex(/key does not exist/i) });
const OUR_KEY_REFUSED = z.object({ message: z.string().regex(/invalid application-id/i) });
const NO_RIGHT = z.object({ message: z.string() });

const SEARCH_ONLY = refused(
  'manual',
  'This key can only search, and most web sites publish such keys on purpose: leave it, or delete it in the Algolia dashboard, or set providers.algolia.searchOnlyKeys to revoke.',
);

const UNDELETABLE = refused(
  'not-permitted',
  'Algolia shows this key to the admin key, and does not let that delete it: replace it in the Algolia dashboard.',
);

export function accountOf(
  { id, adminApiKey }: AlgoliaApplication,
  searchOnlyKeys: AlgoliaConfig['searchOnlyKeys'],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(`https://${id.toLowerCase()}.algolia.net`);
  const headers = { 'x-algolia-application-id': id, 'x-algolia-api-key': adminApiKey };
  /** Undefined when the application does not have the key. @throws {Failure} */
  const call = async <Body>(
    method: 'GET' | 'DELETE',
    key: Secret,
    schema: z.core.$ZodType<Body>,
    signal: AbortSignal,
  ): Promise<Body | undefined> => {
    const request = { method, path: secretPath`/1/keys/${key}`, headers, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], schema, 'done'),
      row([404], MISSING, 'missing'),
      row([403], OUR_KEY_REFUSED, 'credential-refused'),
      row([403], NO_RIGHT, 'permission-missing'),
    ]);
    if (means === 'done') return answer.json(schema);
    if (means === 'missing') return undefined;
    throw new Failure(means, { target: upstream.base, status: answer.status });
  };

  return {
    name: id,
    async look(token, { signal }) {
      const key = await call('GET', token, KEY, signal);
      if (!key) return { state: 'absent' };
      if (searchOnlyKeys === 'attention' && key.acl.every((right) => right === 'search')) {
        return { state: 'unable', refusal: SEARCH_ONLY };
      }
      return { state: 'alive', found: id, by: 'listed-whole' };
    },
    async revoke(_found, token, { signal }) {
      try {
        // A key that is gone now was there a moment ago, so somebody else deleted it.
        await call('DELETE', token, DELETED, signal);
      } catch (error) {
        // Only an admin key has read it a moment ago, so this is about the leaked one, and no failure of ours.
        if (error instanceof Failure && error.code === 'permission-missing') return UNDELETABLE;
        throw error;
      }
      return revoked({ application: id });
    },
    /** Asks for a key that cannot exist: only an admin key gets a 404. */
    async probe(signal) {
      await call('GET', new Secret('0'.repeat(32)), KEY, signal);
    },
  };
}
