/**
 * Cisco Meraki: API keys of the dashboard.
 *
 * Docs: https://developer.cisco.com/meraki/api-v1/revoke-administered-identities-me-api-keys/,
 * https://developer.cisco.com/meraki/api-v1/get-administered-identities-me-api-keys/, checked 2026-11-29.
 *
 * - A key lists the keys of its owner by their last four characters, and revokes one by these. Where two end alike, a person
 *   decides.
 * - A revoked key may go on for five minutes, and longer while an organization is under maintenance.
 * - Dashboards of China, Canada, India and of the US government are other hosts, which are not asked.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, suspended } from '../../src/provider/kit/results.ts';
import { unlistedSight } from '../../src/provider/kit/unlisted.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const HOST = 'https://api.meraki.com';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_cisco-meraki-api-key'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Some countries have dashboards of their own, which are not asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({});

const KEYS = z.array(z.object({ suffix: z.string() }));
const INVALID = z.object({ errors: z.tuple([z.string().regex(/^Invalid API key/i)]) });
/** An organization of the owner may limit keys, or log-ins, to addresses that are not ours. */
const KEPT_OUT = z.object({ errors: z.array(z.string().regex(/unauthorized IP address/i)).min(1) });
const PATH = '/api/v1/administered/identities/me/api/keys';

const AMBIGUOUS = refused(
  'ambiguous',
  'The key works, but its owner has no key, or more than one, that ends alike: its owner must revoke it in the profile of the dashboard.',
);

/** What identifies it there are its last four characters. */
function dashboard(upstream: Upstream, { clock }: Tools): Account<string> {
  const keysOf = async (key: Secret, signal: AbortSignal) => {
    const request = { method: 'GET', path: PATH, headers: { authorization: bearer(key) }, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], KEYS, (keys) => keys),
      row([401], INVALID, undefined),
      row([403], KEPT_OUT, 'kept-out'),
    ]);
    if (means === 'kept-out') throw suspended(upstream, 403);
    return means && inOnePiece(upstream, answer, means);
  };

  return {
    name: HOST,
    async look(key, step) {
      const keys = await keysOf(key, step.signal);
      if (!keys) return { state: 'absent' };
      const suffix = key.reveal().slice(-4);
      const alike = keys.filter((each) => each.suffix === suffix);
      if (alike.length === 0) return unlistedSight(step, clock, AMBIGUOUS, HOST);
      if (alike.length > 1) return { state: 'unable', refusal: AMBIGUOUS };
      return { state: 'alive', found: suffix, by: 'one-fits', toldBy: 'text' };
    },
    async revoke(suffix, key, { signal }) {
      const path = `${PATH}/${suffix}/revoke`;
      const request = { method: 'POST', path, headers: { authorization: bearer(key) }, signal } as const;
      await ask(upstream, request, [row([200, 202, 204], 'revoked')]);
      // It takes minutes, so it is asked about again and again.
      return { outcome: 'accepted' };
    },
    verify: async (_suffix, key, { signal }) => ((await keysOf(key, signal)) ? 'alive' : 'dead'),
  };
}

export const ciscoMeraki: ProviderDefinition<z.output<typeof config>> = {
  id: 'cisco-meraki',
  title: 'Cisco Meraki',
  docs: 'https://developer.cisco.com/meraki/api-v1/revoke-administered-identities-me-api-keys/',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the only key of its owner that ends like it, once it was let in',
  proof: 'the dashboard, which knew the key, does not let it in any more',
  effect: 'the key only',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const { check: _, ...methods } = byAccounts([dashboard(tools.upstream(HOST), tools)], {
      found: z.string().regex(/^[0-9a-f]{4}$/),
      unknown:
        'The dashboard does not let this key in: it is dead, or of the dashboard of another country. Look for it in the profile of its owner.',
      log: tools.log,
    });
    return { kinds: [KIND], ...methods };
  },
};
