/**
 * OpenRouter: API keys, which a management key of their account deletes.
 *
 * Docs: https://openrouter.ai/docs/api/api-reference/api-keys/delete-an-api-key and its neighbours (one key, list, current key),
 * checked 2026-11-28.
 *
 * - A record is asked for by the hash of its key, whichever workspace has it; the list shows the default one alone. That
 *   the hash is the SHA-256 of the key is not documented, so the provider has to be turned on.
 * - A key that is disabled in its account is refused like one that is unknown, and may be enabled again.
 * - Management keys look the same, but have no such record. They may ask for themselves, too, and are told by a flag of
 *   the answer that was called otherwise before (https://github.com/steipete/CodexBar/pull/3272).
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected, worksElsewhere } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://openrouter.ai';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_openrouter-api-key'],
  pattern: /(?<![\w-])sk-or-v1-[0-9a-f]{64}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
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

const RECORD = z.object({ data: z.object({ hash: z.string() }) });
const FLAG = z.boolean().nullish();
const CURRENT = z.object({
  data: z.object({ label: z.string(), is_management_key: FLAG, is_provisioning_key: FLAG }),
});
const errorOf = (code: number) =>
  z.object({ error: z.object({ code: z.literal(code), message: z.string() }) });
const DELETED = z.object({ deleted: z.literal(true) });

const ELSEWHERE =
  'The key works, and no configured account has it: add its account to providers.openrouter.accounts and retry.';
const MANAGEMENT =
  'The key works, and is a management key, which creates and deletes others: delete it in the settings of its account, and look there for keys that it created.';

function account({ name, managementKey }: Config['accounts'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: bearer(managementKey) });

  const kindOf = async (key: Secret, signal: AbortSignal) => {
    const headers = { authorization: bearer(key) };
    const { means } = await ask(upstream, { method: 'GET', path: '/api/v1/key', headers, signal }, [
      row([200], CURRENT, ({ data }) =>
        data.is_management_key || data.is_provisioning_key ? ('management' as const) : ('api' as const),
      ),
      row([401], errorOf(401), 'refused'),
    ]);
    return means;
  };

  const isThere = async (hash: string, signal: AbortSignal): Promise<boolean> => {
    const path = `/api/v1/keys/${encodeURIComponent(hash)}`;
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: errorOf(404), signal });
    return answer.status === 200 && answer.json(RECORD).data.hash === hash;
  };

  return {
    name,
    seenWith: credentialMark(managementKey),
    isThere,
    async look(key, { signal }, known): Promise<Sight<string>> {
      const kind = await kindOf(key, signal);
      if (kind === 'refused') return { state: 'absent' };
      const hash = createHash('sha256').update(key.reveal()).digest('hex');
      if (await isThere(hash, signal)) return { state: 'alive', found: hash, by: 'listed-whole' };
      // It has just worked, so it is not gone.
      if (known !== undefined) throw new Failure('still-active', { target: upstream.base });
      return worksElsewhere(kind === 'management' ? MANAGEMENT : ELSEWHERE);
    },
    async revoke(hash, _key, { signal }) {
      const path = `/api/v1/keys/${encodeURIComponent(hash)}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: errorOf(404), signal });
      if (answer.status === 200 && !answer.maybeJson(DELETED)) throw unexpected(upstream, answer);
      return revoked({ hash });
    },
    verify: async (_hash, key, { signal }) => ((await kindOf(key, signal)) === 'refused' ? 'dead' : 'alive'),
    async probe(signal) {
      await call({ method: 'GET', path: '/api/v1/keys', statuses: [200], signal });
    },
  };
}

export const openrouter: ProviderDefinition<Config> = {
  id: 'openrouter',
  title: 'OpenRouter',
  docs: 'https://openrouter.ai/docs/api/api-reference/api-keys/delete-an-api-key',
  checked: '2026-11-28',
  stability: 'experimental',
  exactness: 'the key works, and its account has a record with its hash',
  proof: 'OpenRouter does not let the key in any more',
  effect: 'the key only',
  needs: 'a management key of each account',
  types: KIND.types,
  config,
  create: ({ accounts }, tools) => ({
    kinds: accounts.length > 0 ? [KIND] : [],
    ...byAccounts(
      accounts.map((each) => account(each, tools)),
      {
        found: z.string(),
        unknown:
          'OpenRouter does not let this key in: it is dead, or disabled. See in the settings of its account whether it is still there, and delete it.',
        rights: 'It must be a management key.',
        log: tools.log,
      },
    ),
  }),
};
