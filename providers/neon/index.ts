/**
 * Neon: API keys of people (napi_).
 *
 * Docs: https://api-docs.neon.tech/reference/revokeapikey, https://api-docs.neon.tech/reference/listapikeys and the
 * vendor's own OpenAPI description, checked 2026-11-29.
 *
 * - A key says whether it is of a person or of an organization, and lists the keys of its person, of which nothing is
 *   shown. If there is one only, it is that; else a person has to choose.
 * - A key that was revoked is refused from the next call on (https://neon.com/faqs/rotate-neon-api-keys, checked 2026-11-29), so
 *   that none which replaced it is taken for it.
 * - Keys of organizations go to a person.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const HOST = 'https://console.neon.tech';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_neon-api-key'],
  pattern: /(?<![\w-])napi_[0-9a-z]{64}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'What else than an unknown key Neon answers so is not documented.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({});

const FOUND = z.int().positive();
const DETAILS = z.object({ auth_method: z.string() });
const KEYS = z.array(z.object({ id: FOUND, created_at: z.string(), last_used_at: z.string().nullish() }));
const REVOKED = z.object({ id: FOUND, revoked: z.literal(true) });
const ERROR = z.object({ code: z.string(), message: z.string() });
const PATH = '/api/v2/api_keys';

const OF_AN_ORGANIZATION = refused(
  'unsupported-kind',
  'This is a key of an organization: an administrator must revoke it in the settings of the organization.',
);
const SEVERAL =
  'The key works, and its owner has several: find out which one leaked and revoke it, or revoke them all.';

/** As the vendor's documentation calls it. */
function headersOf(key: Secret) {
  return { authorization: bearer(key), accept: 'application/json' };
}

function neonAccount(upstream: Upstream): Account<number> {
  const methodOf = async (key: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const headers = headersOf(key);
    const { means } = await ask(upstream, { method: 'GET', path: '/api/v2/auth', headers, signal }, [
      row([200], DETAILS, ({ auth_method }) => auth_method),
      row([401], ERROR, undefined),
    ]);
    return means;
  };

  return {
    name: HOST,
    lag: 'none',
    async look(key, { signal }) {
      const method = await methodOf(key, signal);
      if (method === undefined) return { state: 'absent' };
      if (method !== 'api_key_user') return { state: 'unable', refusal: OF_AN_ORGANIZATION };
      const request = { method: 'GET', path: PATH, headers: headersOf(key), signal } as const;
      const { means: keys, answer } = await ask(upstream, request, [row([200], KEYS, (all) => all)]);
      const [only, ...others] = inOnePiece(upstream, answer, keys);
      // Neon accepted the key just now, so one of them is the key; a single one is it.
      if (only && others.length === 0) {
        const evidence = { keyId: only.id };
        return { state: 'alive', found: only.id, by: 'one-fits', toldBy: 'nothing', evidence };
      }
      const candidates = keys.map(({ id, created_at, last_used_at }) => ({
        ...{ keyId: id, createdAt: created_at, lastUsedAt: last_used_at ?? null },
      }));
      return { state: 'unable', refusal: refused('ambiguous', SEVERAL, { candidates }) };
    },
    async revoke(id, key, { signal }) {
      const headers = headersOf(key);
      await ask(upstream, { method: 'DELETE', path: `${PATH}/${id}`, headers, signal }, [
        row([200], REVOKED, 'revoked'),
      ]);
      return revoked();
    },
    verify: async (_id, key, { signal }) => ((await methodOf(key, signal)) === undefined ? 'dead' : 'alive'),
  };
}

export const neon: ProviderDefinition<z.output<typeof config>> = {
  id: 'neon',
  title: 'Neon',
  docs: 'https://api-docs.neon.tech/reference/revokeapikey',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the only key of its owner, once it was let in; several go to a person',
  proof: 'Neon, which issued the key, does not let it in any more',
  effect: 'the key only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const { check: _, ...methods } = byAccounts([neonAccount(tools.upstream(HOST))], {
      found: FOUND,
      unknown: 'Neon does not let this key in: look for it in the settings of its owner.',
      log: tools.log,
    });
    return { kinds: [KIND], ...methods };
  },
};
