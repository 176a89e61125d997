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
 * - Anybody may invent keys, so one reading of the list serves all that wait.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { digestHeader } from './digest.ts';
import { ACCEPT_KEYS, NOT_FOUND, type Organization } from './organization.ts';

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
/** By which a key is looked for: of its private half, members see no more. */
const MASK = /^[*-]+-([a-f0-9]{12})$/;
const KEY_ID = z.string().regex(/^[a-f0-9]{24}$/);
const RECORD = z.object({ id: KEY_ID, privateKey: z.string(), publicKey: z.string().regex(/^\w+$/) });
type Listed = z.output<typeof RECORD>;
const PAGE = z.object({ results: z.array(RECORD) });

/** A path that every accepted key may read, whatever its roles. */
const STATUS_PATH = '/api/atlas/v2';
const ERROR = z.looseObject({});

const AMBIGUOUS =
  'Several API keys have this ending: delete the leaked one in the organization at cloud.mongodb.com.';
const NOT_THIS_KEY =
  'An API key of the organization ends like this one, but Atlas does not let it in with this private half: look at the location.';

const TOO_MANY = refused(
  'ambiguous',
  'The organization has more API keys than Quash reads: delete the leaked one there, at cloud.mongodb.com.',
);

export function privateKeys(organizations: readonly Organization[], tools: Tools): Part {
  const { check: _, ...work } = byAccounts(
    organizations.map((organization) => accountOf(organization, tools)),
    {
      found: KEY_ID,
      unknown:
        'No configured Atlas organization has a key with this ending: if it is of another one, add that to providers.mongodb-atlas.organizations and retry.',
      log: tools.log,
    },
  );
  return { kinds: [PRIVATE_KEY], isAble: organizations.length > 0, ...work };
}

const keysPath = (organization: string) => `/api/atlas/v2/orgs/${organization}/apiKeys`;

export async function keysPage({ id, aboutKeys }: Organization, pageNum: number, signal: AbortSignal) {
  const query = { itemsPerPage: PAGE_SIZE, pageNum };
  const request = { method: 'GET', path: keysPath(id), query, statuses: [200], signal } as const;
  return (await aboutKeys(request)).json(PAGE).results;
}

function accountOf(organization: Organization, { clock }: Tools): Account<string> {
  const { id, upstream, aboutKeys } = organization;
  const keys = new SearchedList<Listed, number>({
    ...{ clock, first: 1, maxCalls: MAX_PAGES, isByNumber: (pageNum) => pageNum > 1 },
    async read(pageNum, signal) {
      const results = await keysPage(organization, pageNum, signal);
      const items = results.flatMap((key) => {
        const ending = MASK.exec(key.privateKey)?.[1];
        return ending === undefined ? [] : [[ending, key] as const];
      });
      return { items, next: results.length < PAGE_SIZE ? undefined : pageNum + 1 };
    },
  });
  /** Undefined when it is gone. */
  const recordOf = async (keyId: string, signal: AbortSignal): Promise<Listed | undefined> => {
    const request = { method: 'GET', path: `${keysPath(id)}/${keyId}`, statuses: [200], signal } as const;
    const within = { path: keysPath(id), shows: PAGE };
    const answer = await aboutKeys({ ...request, notFound: NOT_FOUND, within });
    return answer.status === 404 ? undefined : answer.json(RECORD);
  };
  const alike = async (token: Secret, step: Step, known: string | undefined) => {
    if (known === undefined) return keys.findAnew(token.reveal().slice(-LAST_GROUP), step);
    const record = await recordOf(known, step.signal);
    return record ? [record] : [];
  };
  return {
    name: id,
    async look(token, step, known) {
      const found = await alike(token, step, known);
      if (found === 'too-many') return { state: 'unable', refusal: TOO_MANY };
      if ('state' in found) return found;
      const [key, ...others] = found;
      if (!key) return { state: 'absent' };
      const evidence = { key: key.id };
      if (others.length > 0) {
        const candidates = found.map((each) => ({ organization: id, key: each.id }));
        return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { candidates }) };
      }
      const seen = await tryPair(upstream, key, token, step.signal);
      if (seen === 'refused') {
        return { state: 'unable', refusal: refused('wrong-record', NOT_THIS_KEY, evidence) };
      }
      const by = seen === 'let-in' ? 'signs-in' : 'unproven';
      return { state: 'alive', found: key.id, by, evidence };
    },
    async revoke(keyId, _token, { signal }) {
      const request = { method: 'DELETE', path: `${keysPath(id)}/${keyId}`, signal } as const;
      await aboutKeys({ ...request, statuses: [204], notFound: NOT_FOUND });
      return revoked();
    },
    async verify(keyId, _token, { signal }) {
      return (await recordOf(keyId, signal)) ? 'alive' : 'dead';
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
  const answered = { ...request, headers: { ...headers, authorization }, byRightOf: token };
  const { means } = await ask(upstream, answered, [
    row([200], z.looseObject({ appName: z.string() }), 'let-in'),
    row([401], ERROR, 'refused'),
    row([403], ERROR, 'not-shown'),
  ]);
  return means;
}
