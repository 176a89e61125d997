/**
 * EasyPost API keys, of production (`EZAK`) and test (`EZTK`).
 *
 * Docs: https://docs.easypost.com/docs/api-keys, checked 2026-11-21.
 *
 * Experimental, because two things could not be confirmed:
 * - the official client libraries disable a key with `POST /api_keys/:id/disable`, but name it a call for the keys of
 *   child and referral users; whether a key may disable itself is not written anywhere;
 * - which code a key gets that was deleted. Only `APIKEY.INACTIVE`, which a disabled key gets, counts as dead.
 *
 * - The list of keys shows each with its text, so a key is found by its value. It is one answer, without pages.
 * - Only a production key may ask for the list.
 * - Disabling can be undone, deleting cannot, so a key is disabled.
 */
import { z } from 'zod';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const config = z.strictObject({});
export type EasypostConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: [
    'gitleaks_rule_id_easypost-api-token',
    'gitleaks_rule_id_easypost-test-api-token',
    'gitleaks_rule_id_easypost_api_token',
    'gitleaks_rule_id_easypost_test_api_token',
  ],
  pattern: /(?<![\w-])EZ[AT]K[A-Za-z0-9]{54}(?![\w-])/,
  effect: 'token',
};

const ADVICE = {
  unknown:
    'EasyPost does not let the key in, without saying that it is disabled: look for it in the dashboard, and disable it if it is there.',
  notPermitted: 'EasyPost does not let the key manage keys: disable it in the dashboard.',
  notListed: 'The key works but is not in its own list: disable it in the dashboard.',
} as const;

const KEY = z.object({ id: z.string(), key: z.string() });
const ACCOUNT = z.object({
  keys: z.array(KEY),
  get children(): z.ZodOptional<z.ZodArray<typeof ACCOUNT>> {
    return z.array(ACCOUNT).optional();
  },
});
const ERROR = z.object({ error: z.object({ code: z.string() }) });

export const easypost: ProviderDefinition<EasypostConfig> = {
  id: 'easypost',
  title: 'EasyPost',
  docs: 'https://docs.easypost.com/docs/api-keys',
  stability: 'experimental',
  exactness: 'by value, in its own list of keys',
  proof: 'the API calls the key inactive',
  effect: 'the key only, and it can be enabled again',
  needs: 'nothing; a key that may not manage keys goes to a person',
  types: KIND.types,
  config,
  create(_config, tools) {
    const upstream = tools.upstream('https://api.easypost.com');
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, token, step),
      async verify(token, { signal }) {
        const { state } = await call(upstream, 'GET', '/v2/api_keys', token, signal);
        if (state === 'unknown') return 'unknown';
        return state === 'dead' ? 'dead' : 'alive';
      },
    };
  },
};

async function revoke(upstream: Upstream, token: Secret, { signal }: Step): Promise<RevokeResult> {
  const list = await call(upstream, 'GET', '/v2/api_keys', token, signal);
  if (list.state !== 'done') return ending(list.state);
  const own = keysOf(list.answer.json(ACCOUNT)).find(({ key }) => key === token.reveal());
  if (!own) return refused('ambiguous', ADVICE.notListed);
  const path = `/v2/api_keys/${encodeURIComponent(own.id)}/disable`;
  const disabled = await call(upstream, 'POST', path, token, signal);
  if (disabled.state !== 'done') return ending(disabled.state);
  disabled.answer.json(z.object({ id: z.literal(own.id), active: z.literal(false) }));
  return revoked({ keyId: own.id });
}

function ending(state: 'dead' | 'unknown' | 'not-permitted'): RevokeResult {
  if (state === 'dead') return alreadyInactive();
  if (state === 'unknown') return refused('unknown-token', ADVICE.unknown);
  return refused('not-permitted', ADVICE.notPermitted);
}

function keysOf({ keys, children = [] }: z.output<typeof ACCOUNT>): readonly z.output<typeof KEY>[] {
  return [...keys, ...children.flatMap(keysOf)];
}

type Called =
  | { readonly state: 'done'; readonly answer: Answer }
  | { readonly state: 'dead' | 'unknown' | 'not-permitted' };

async function call(
  upstream: Upstream,
  method: 'GET' | 'POST',
  path: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Called> {
  // The key is the user name, and there is no password.
  const headers = { authorization: basic(token.reveal(), new Secret('')) };
  const answer = await upstream.request({ method, path, headers, statuses: [200, 401, 403], signal });
  if (answer.status === 200) return { state: 'done', answer };
  const code = answer.maybeJson(ERROR)?.error.code;
  if (code === undefined) throw unexpected(upstream, answer);
  if (code === 'APIKEY.INACTIVE') return { state: 'dead' };
  return { state: answer.status === 401 ? 'unknown' : 'not-permitted' };
}
