/**
 * fal: API keys, which an admin key of their account deletes.
 *
 * Docs: https://fal.ai/docs/platform-apis/v1/keys/delete and its neighbours, checked 2026-11-29.
 *
 * - A key is an id, a colon and a secret. A deletion is answered 204 whether there was such a key or not, so the key has
 *   to work before, and the list has to have its id.
 * - What a key may ask that has no rights is prices. The answer that an invalid one gets is documented for all calls alike,
 *   but not that prices are shown to nobody else: so a secret that nobody has is tried, too, and has to be refused. So
 *   has the secret with an id that nobody has, as it is the id beside it by which a key is deleted.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked, worksElsewhere } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.fal.ai';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_fal-api-key.1'],
  pattern: /(?<![\w:-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{32}(?![\w:-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Only the configured accounts are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        adminKey: secretText().describe('A key of the account with the scope ADMIN.'),
      }),
    )
    .default([])
    .describe('Accounts whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const PRICES = z.object({ prices: z.array(z.unknown()) });
/** Any model that everybody may use. */
const MODEL = 'fal-ai/flux/dev';
const NOBODYS_ID = '00000000-0000-4000-8000-000000000000';
const NOBODYS_SECRET = '0'.repeat(32);
const ERROR = z.object({ error: z.object({ type: z.string() }) });
const KEYS = z.object({
  keys: z.array(z.object({ key_id: z.string() })),
  next_cursor: z.string().nullable(),
});
const MAX_PAGES = 50;
const PAGE_SIZE = 100;

const ELSEWHERE =
  'The key works, and is of no configured account: add its account to providers.fal.accounts and retry.';
const TOO_MANY = refused(
  'ambiguous',
  'The key works, and an account has more keys than Quash reads: find the one with its id in the dashboard of fal and delete it there.',
);

function account({ name, adminKey }: Config['accounts'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: withScheme(adminKey) });

  const works = async (key: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: withScheme(key) };
    const query = { endpoint_id: MODEL };
    const { means } = await ask(
      upstream,
      { method: 'GET', path: '/v1/models/pricing', query, headers, signal },
      [row([200], PRICES, true), row([401], ERROR, false)],
    );
    return means;
  };

  const page = async (cursor: string, signal: AbortSignal) => {
    const query = { limit: PAGE_SIZE, ...(cursor !== '' && { cursor }) };
    return (await call({ method: 'GET', path: '/v1/keys', query, statuses: [200], signal })).json(KEYS);
  };
  const listed = (signal: AbortSignal) =>
    readPages('', MAX_PAGES, async (cursor) => {
      const { keys, next_cursor: next } = await page(cursor, signal);
      return { items: keys, next: next ?? undefined };
    });

  return {
    name,
    seenWith: credentialMark(adminKey),
    async look(key, { signal }, known): Promise<Sight<string>> {
      if (!(await works(key, signal))) return { state: 'absent' };
      const [id = '', secret = ''] = key.reveal().split(':');
      for (const other of [`${id}:${NOBODYS_SECRET}`, `${NOBODYS_ID}:${secret}`])
        await mustRefuse(upstream, works(new Secret(other), signal));
      const keys = await listed(signal);
      if (!keys) return { state: 'unable', refusal: TOO_MANY, maybeElsewhere: true };
      if (keys.some(({ key_id }) => key_id === id)) {
        return { state: 'alive', found: id, by: 'signs-in', evidence: { keyId: id } };
      }
      // It has just worked, so it is not gone.
      if (known !== undefined) throw new Failure('still-active', { target: upstream.base });
      return worksElsewhere(ELSEWHERE);
    },
    // What else than a deletion is answered so, no source says; its record tells.
    async isThere(id, signal) {
      const keys = await listed(signal);
      return !keys || keys.some(({ key_id }) => key_id === id);
    },
    async revoke(id, _key, { signal }) {
      await call({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}`, statuses: [204], signal });
      return revoked();
    },
    verify: async (_id, key, { signal }) => ((await works(key, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await page('', signal);
    },
  };
}

function withScheme(key: Secret): Secret {
  return new Secret(`Key ${key.reveal()}`);
}

export const fal: ProviderDefinition<Config> = {
  id: 'fal',
  title: 'fal',
  docs: 'https://fal.ai/docs/platform-apis/v1/keys/delete',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key works, and the list has the id inside it',
  proof: 'fal does not let the key in any more',
  effect: 'the key only',
  needs: 'a key of each account with the scope ADMIN',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byAccounts(
      accounts.map((each) => account(each, tools)),
      {
        found: z.string(),
        unknown:
          'fal does not let this key in: look up at the location what it is for, and delete it in its account if it is there.',
        rights: 'It must have the scope ADMIN.',
        log: tools.log,
      },
    ),
  }),
};
