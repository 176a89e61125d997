/**
 * CockroachDB Cloud: API keys of service accounts (CCDB1_).
 *
 * Docs: https://www.cockroachlabs.com/docs/api/cloud/v1 and the vendor's own OpenAPI description
 * (cockroachdb/cockroach-cloud-sdk-go), checked 2026-11-29.
 *
 * - A key is its id, an underscore and a secret. It signs in alone, whatever it may do: a lack of rights is answered 403.
 * - Keys are deleted by a key of their organization with the role Organization Admin.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure, revoked } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://cockroachlabs.cloud';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_cockroachlabs-cloud-api-key'],
  pattern: /(?<![\w-])CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'A key does not tell its organization, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        apiKey: secretText().describe('A key of the organization with the role Organization Admin.'),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const KEY = z.object({ id: z.string() });
const CLUSTERS = z.object({ clusters: z.array(z.unknown()) });
/** Codes of gRPC. */
const status = (code: number) => z.object({ code: z.literal(code) });
const NOT_FOUND = status(5);
const FORBIDDEN = status(7);
const UNAUTHENTICATED = status(16);

function organization({ name, apiKey }: Config['organizations'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const own = { authorization: bearer(apiKey) };
  const call = operatorCalls(upstream, own);
  const pathOf = (id: string) => `/api/v1/api-keys/${id}`;

  const worksFor = async (key: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: '/api/v1/clusters', query: { 'pagination.limit': 1 } } as const;
    const headers = { authorization: bearer(key) };
    const { means } = await ask(upstream, { ...request, headers, signal }, [
      row([200], CLUSTERS, true),
      row([403], FORBIDDEN, true),
      row([401], UNAUTHENTICATED, false),
    ]);
    return means;
  };

  const listOwn = (signal: AbortSignal) => {
    const query = { 'pagination.limit': 1 };
    return call({ method: 'GET', path: '/api/v1/api-keys', query, statuses: [200], signal });
  };
  /** A 403 may be of a record of another organization, or of our own key: then it may list none either. */
  const recordOf = async (id: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: pathOf(id), headers: own, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], KEY.extend({ id: z.literal(id) }), 'listed'),
      row([404], NOT_FOUND, 'absent'),
      row([403], FORBIDDEN, 'hidden'),
      row([401], UNAUTHENTICATED, 'refused'),
    ]);
    if (means === 'refused') throw credentialFailure(upstream, answer);
    if (means === 'hidden') await listOwn(signal);
    return means;
  };

  return {
    name,
    seenWith: credentialMark(apiKey),
    async look(key, { signal }, known): Promise<Sight<string>> {
      if (!(await worksFor(key, signal))) return { state: 'absent' };
      const id = known ?? idOf(key);
      await mustRefuse(upstream, worksFor(withAnotherId(key), signal));
      if ((await recordOf(id, signal)) === 'listed') {
        return { state: 'alive', found: id, by: 'signs-in', evidence: { keyId: id } };
      }
      // It has just worked, so it is not gone.
      if (known !== undefined) throw new Failure('still-active', { target: upstream.base });
      return { state: 'absent' };
    },
    isThere: async (id, signal) => (await recordOf(id, signal)) !== 'absent',
    async revoke(id, _key, { signal }) {
      const request = { method: 'DELETE', path: pathOf(id), statuses: [200], notFound: NOT_FOUND } as const;
      const answer = await call({ ...request, signal });
      if (answer.status === 200) answer.json(KEY);
      return revoked();
    },
    verify: async (_id, key, { signal }) => ((await worksFor(key, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await listOwn(signal);
    },
  };
}

/** Whoever has a key may write the id of another one into it. */
function withAnotherId(key: Secret): Secret {
  return new Secret(key.reveal().replace(idOf(key), `CCDB1_${'0'.repeat(22)}`));
}

function idOf(key: Secret): string {
  const text = key.reveal();
  return text.slice(0, text.lastIndexOf('_'));
}

export const cockroachdbCloud: ProviderDefinition<Config> = {
  id: 'cockroachdb-cloud',
  title: 'CockroachDB Cloud',
  docs: 'https://www.cockroachlabs.com/docs/api/cloud/v1',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key signs in, and its first half is its id',
  proof: 'CockroachDB Cloud does not let the key in any more',
  effect: 'the key only',
  needs: 'a key of each organization with the role Organization Admin',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organization(each, tools)),
      {
        found: z.string().regex(/^CCDB1_[A-Za-z0-9]{22}$/),
        unknown:
          'CockroachDB Cloud does not let this key in, or no configured organization has it: if it is of another one, add that to providers.cockroachdb-cloud.organizations and retry.',
        rights: 'It must be of the organization and have the role Organization Admin.',
        log: tools.log,
      },
    ),
  }),
};
