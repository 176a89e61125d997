/**
 * ngrok: API keys.
 *
 * Docs: https://ngrok.com/docs/api-reference/apikeys/delete, https://ngrok.com/docs/errors/err_ngrok_203 and its
 * neighbours, and the examples of the vendor's documentation (ngrok/ngrok-docs, `GET /self`), checked 2026-11-29.
 *
 * - A key tells its own id, and deletes itself by that.
 * - Authtokens of agents look the same, and are told so; they are no API keys, and a person deletes them.
 * - A suspended account, and an address that its rules do not allow, say nothing of a key. Nor does a service user that is
 *   deactivated, by which ngrok suspends his keys for a time (https://ngrok.com/docs/platform/botusers/): whether it then says
 *   636 or calls the key invalid is not documented, so what worked before and is refused goes to a person.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const HOST = 'https://api.ngrok.com';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_ngrok-api-key.1'],
  pattern: /(?<![\w-])[0-9A-Za-z]{27}_[0-9A-Za-z]{20,22}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
};

const config = z.strictObject({});

const ID = z.string().regex(/^ak_[0-9A-Za-z]{20,40}$/);
const SELF = z.object({ api_key: z.object({ id: ID }) });
const error = (...codes: readonly [number, ...number[]]) =>
  z.object({ error_code: z.enum(codes.map((code) => `ERR_NGROK_${code}`)) });
const INVALID = error(202, 203);
const AUTHTOKEN = error(206, 207);
const PASSING = error(204, 205, 220, 636);
const ANY_ERROR = z.object({ error_code: z.string() });
const REFUSALS = [400, 401, 403];

const OF_AN_AGENT = refused(
  'unsupported-kind',
  'This is an authtoken of an agent, which no API key of its own ends: delete it in the dashboard of ngrok under Authtokens.',
);

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, and ngrok does not let it delete itself, as that of a user with few rights: delete it in the dashboard under API Keys.',
);

const KEPT_OUT = refused(
  'manual',
  'ngrok took this key before and refuses it now, as it may do while its service user is deactivated: see in the dashboard under API Keys whether it is still there, and delete it.',
);

function ngrokAccount(upstream: Upstream): Account<string> {
  const headersOf = (key: Secret) => ({ authorization: bearer(key), 'ngrok-version': '2' });
  /** @throws {Failure} `suspended` */
  const seen = async (key: Secret, signal: AbortSignal): Promise<Sight<string>> => {
    const request = { method: 'GET', path: '/self', headers: headersOf(key), signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], SELF, ({ api_key: { id } }) => ({
        ...({ state: 'alive', found: id, by: 'signs-in' } as const),
        evidence: { keyId: id },
      })),
      row(REFUSALS, INVALID, { state: 'absent' as const }),
      row(REFUSALS, AUTHTOKEN, { state: 'unable' as const, refusal: OF_AN_AGENT }),
      row(REFUSALS, PASSING, undefined),
    ]);
    if (means) return means;
    throw suspended(upstream, answer.status);
  };

  return {
    name: HOST,
    keptOut: KEPT_OUT,
    look: (key, { signal }) => seen(key, signal),
    async revoke(id, key, { signal }) {
      const request = { method: 'DELETE', path: `/api_keys/${id}`, headers: headersOf(key), signal } as const;
      const { means, answer } = await ask(upstream, request, [
        row([204], 'deleted'),
        row(REFUSALS, PASSING, 'passing'),
        row([403], ANY_ERROR, 'forbidden'),
      ]);
      if (means === 'passing') throw suspended(upstream, answer.status);
      return means === 'deleted' ? revoked() : NOT_PERMITTED;
    },
  };
}

export const ngrok: ProviderDefinition<z.output<typeof config>> = {
  id: 'ngrok',
  title: 'ngrok',
  docs: 'https://ngrok.com/docs/api-reference/apikeys/delete',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key signs in, and the answer has its id',
  proof: 'ngrok, which knew the key, calls it invalid',
  effect: 'the key only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const { check: _, ...methods } = byAccounts([ngrokAccount(tools.upstream(HOST))], {
      found: ID,
      log: tools.log,
    });
    return { kinds: [KIND], ...methods };
  },
};
