/**
 * OpenRouter: API keys, which a management key of their account deletes.
 *
 * Docs: https://openrouter.ai/docs/api/api-reference/api-keys/delete-an-api-key and its neighbours (list, current key),
 * checked 2026-11-28.
 *
 * - A key is known by its hash. That this is its SHA-256 is not documented; where no hash fits, the label has the ends of
 *   the key, and one record alone has to fit.
 * - A key that is disabled in its account is refused like one that is unknown, and may be enabled again.
 * - Management keys look the same, but are in no list; they are refused by what other keys may ask, and go to a person.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://openrouter.ai';
const HEAD = 'sk-or-v1-';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_openrouter-api-key'],
  pattern: /(?<![\w-])sk-or-v1-[0-9a-f]{64}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'A key that is disabled in its account is refused just so.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        managementKey: secretText().describe('A management key of the account.'),
      }),
    )
    .default([])
    .describe('Accounts whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const KEYS = z.object({ data: z.array(z.object({ hash: z.string().min(1), label: z.string() })) });
const MAX_PAGES = 50;
const CURRENT = z.object({ data: z.object({ label: z.string() }) });
const errorOf = (code: number) =>
  z.object({ error: z.object({ code: z.literal(code), message: z.string() }) });
const DELETED = z.object({ deleted: z.literal(true) });

const AMBIGUOUS = refused(
  'ambiguous',
  'The key works, and it cannot be told which record it is of: delete it by hand under Settings > Keys.',
);

function account({ name, managementKey }: Config['accounts'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: bearer(managementKey) });

  const works = async (key: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: bearer(key) };
    const { means } = await ask(upstream, { method: 'GET', path: '/api/v1/key', headers, signal }, [
      row([200], CURRENT, true),
      row([401], errorOf(401), false),
    ]);
    return means;
  };

  const page = async (offset: number, signal: AbortSignal) => {
    const answer = await call({
      method: 'GET',
      path: '/api/v1/keys',
      query: { offset },
      statuses: [200],
      signal,
    });
    return answer.json(KEYS).data;
  };
  const listed = (signal: AbortSignal) =>
    readPages(0, MAX_PAGES, async (offset) => {
      const items = await page(offset, signal);
      return { items, next: items.length === 0 ? undefined : offset + items.length };
    });

  return {
    name,
    own: [managementKey],
    async look(key, { signal }): Promise<Sight<string>> {
      if (!(await works(key, signal))) return { state: 'absent' };
      const records = (await listed(signal)) ?? [];
      const hash = createHash('sha256').update(key.reveal()).digest('hex');
      if (records.some((record) => record.hash === hash)) {
        return { state: 'alive', found: hash, by: 'listed-whole' };
      }
      const [only, ...others] = records.filter(({ label }) =>
        mayBe(key.reveal(), label, { fixedHead: HEAD }),
      );
      if (!only || others.length > 0) {
        return { state: 'unable', refusal: AMBIGUOUS, maybeElsewhere: true };
      }
      return { state: 'alive', found: only.hash, by: 'one-fits' };
    },
    async revoke(hash, _key, { signal }) {
      const path = `/api/v1/keys/${encodeURIComponent(hash)}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: errorOf(404), signal });
      if (answer.status === 200 && !answer.maybeJson(DELETED)) throw unexpected(upstream, answer);
      return revoked({ hash });
    },
    verify: async (_hash, key, { signal }) => ((await works(key, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await page(0, signal);
    },
  };
}

export const openrouter: ProviderDefinition<Config> = {
  id: 'openrouter',
  title: 'OpenRouter',
  docs: 'https://openrouter.ai/docs/api/api-reference/api-keys/delete-an-api-key',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the key works, and the list has its hash, or one label alone that fits',
  proof: 'OpenRouter does not let the key in any more',
  effect: 'the key only',
  needs: 'a management key of each account',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byAccounts(
      accounts.map((each) => account(each, tools)),
      { found: z.string(), rights: 'It must be a management key.', log: tools.log },
    ),
  }),
};
