/**
 * Private halves of programmatic API keys.
 *
 * Docs: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-programmatic-api-keys
 *
 * - A key is a public half (8 letters) and a private one, a UUID. Lists show the public half, and of the private one the
 *   last group, `********-****-****-db2c132ca78d`, which every member of the organization sees. So the pair is tried
 *   before anything is deleted, by HTTP digest authentication.
 * - The key's access list may not let this address in: then nothing is shown, and a person decides.
 * - A key is deleted by the id of its record, not by its public half. It cannot be disabled.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { digestHeader } from './digest.ts';
import { ACCEPT_KEYS, HOST, type OrganizationConfig, sessionOf } from './organization.ts';

export const PRIVATE_KEY: TokenKind = {
  id: 'private-key',
  types: ['gitleaks_rule_id_mongodb_atlas_private_key'],
  pattern: /(?<![\w-])[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any organization may have this key, and Atlas for Government is another service.' },
  whole: 'exact',
  undo: 'no',
};

const PAGE_SIZE = 500;
const MAX_PAGES = 20;
const LAST_GROUP = 12;
const KEY_ID = z.string().regex(/^[a-f0-9]{24}$/);
const PAGE = z.object({
  results: z.array(z.object({ id: KEY_ID, privateKey: z.string(), publicKey: z.string().regex(/^\w+$/) })),
});
type Listed = z.output<typeof PAGE>['results'][number];

/** A path that every accepted key may read, whatever its roles. */
const STATUS_PATH = '/api/atlas/v2';
const ERROR = z.looseObject({});

const AMBIGUOUS =
  'Several API keys have this ending: delete the leaked one in the organization at cloud.mongodb.com.';
const NOT_THIS_KEY =
  'An API key of the organization ends like this one, but Atlas does not let it in with this private half: look at the location.';

export function privateKeys(organizations: readonly OrganizationConfig[], tools: Tools): Part {
  const upstream = tools.upstream(HOST);
  const { check: _, ...work } = byAccounts(
    organizations.map((organization) => accountOf(upstream, organization)),
    {
      found: KEY_ID,
      unknown:
        'No configured Atlas organization has a key with this ending: if it is of another one, add that to providers.mongodb-atlas.organizations and retry.',
      log: tools.log,
    },
  );
  return { kinds: [PRIVATE_KEY], isAble: organizations.length > 0, ...work };
}

export async function listKeys(call: OperatorCall, id: string, signal: AbortSignal) {
  // Read to the end, as only then a key is unique or gone.
  const keys = await readPages(1, MAX_PAGES, async (pageNum) => {
    const query = { itemsPerPage: PAGE_SIZE, pageNum };
    const request = { method: 'GET', path: keysPath(id), query, statuses: [200], signal } as const;
    const { results } = (await call(request)).json(PAGE);
    return { items: results, next: results.length < PAGE_SIZE ? undefined : pageNum + 1 };
  });
  if (!keys) throw new Failure('unexpected-answer', { target: HOST });
  return keys;
}

const keysPath = (organization: string) => `/api/atlas/v2/orgs/${organization}/apiKeys`;

function accountOf(upstream: Upstream, organization: OrganizationConfig): Account<string> {
  const { id } = organization;
  const read = async (signal: AbortSignal) =>
    listKeys(await sessionOf(upstream, organization, ACCEPT_KEYS, signal), id, signal);
  return {
    name: id,
    async look(token, { signal }, known) {
      const alike = (await read(signal)).filter(({ privateKey }) => isMaskOf(privateKey, token));
      const [key, ...others] = known === undefined ? alike : alike.filter((each) => each.id === known);
      if (!key) return { state: 'absent' };
      const evidence = { key: key.id };
      if (others.length > 0) {
        const candidates = alike.map((each) => ({ organization: id, key: each.id }));
        return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { candidates }) };
      }
      const seen = await tryPair(upstream, key, token, signal);
      if (seen === 'refused') {
        return { state: 'unable', refusal: refused('wrong-record', NOT_THIS_KEY, evidence) };
      }
      const by = seen === 'let-in' ? 'signs-in' : 'unproven';
      return { state: 'alive', found: key.id, by, evidence };
    },
    async revoke(keyId, _token, { signal }) {
      const call = await sessionOf(upstream, organization, ACCEPT_KEYS, signal);
      await call({ method: 'DELETE', path: `${keysPath(id)}/${keyId}`, statuses: [204], signal });
      return revoked();
    },
    async verify(keyId, _token, { signal }) {
      return (await read(signal)).some((key) => key.id === keyId) ? 'alive' : 'dead';
    },
  };
}

/** `not-shown`: the access list blocks our address, so the pair cannot be tried. */
async function tryPair(
  upstream: Upstream,
  { publicKey }: Listed,
  token: Secret,
  signal: AbortSignal,
): Promise<'let-in' | 'refused' | 'not-shown'> {
  const request = { method: 'GET', path: STATUS_PATH, signal } as const;
  const headers = { accept: ACCEPT_KEYS };
  const first = await ask(upstream, { ...request, headers }, [row([401], ERROR, 'challenge')]);
  const call = { method: 'GET', uri: STATUS_PATH, username: publicKey, password: token } as const;
  const authorization = digestHeader(first.answer.header('www-authenticate'), call);
  if (!authorization) return 'not-shown';
  const { means } = await ask(upstream, { ...request, headers: { ...headers, authorization } }, [
    row([200], z.looseObject({ appName: z.string() }), 'let-in'),
    row([401], ERROR, 'refused'),
    row([403], ERROR, 'not-shown'),
  ]);
  return means;
}

/** True when the mask shows the whole last group, and that is the token's. */
function isMaskOf(mask: string, token: Secret): boolean {
  const ending = /^[*-]+-([a-f0-9]{12})$/.exec(mask)?.[1];
  return ending !== undefined && mayBe(token.reveal(), `...${ending}`, { minShown: LAST_GROUP });
}
