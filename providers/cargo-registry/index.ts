/**
 * API tokens of the Rust package registry, and of others that run its software.
 *
 * Docs: https://doc.rust-lang.org/cargo/commands/cargo-logout.html; the calls and their answers are those of the
 * registry's own source (`auth.rs`, `controllers/token.rs`), checked 2026-11-28.
 *
 * - No registry is built in: the operator names the one that may have issued a token.
 * - A token revokes itself, unless it is limited to endpoints or to packages: then its owner has to.
 * - The account page is for browsers alone, and says so only to a token that works. A revoked one is as unknown as one
 *   that was made up. An account that is locked refuses its tokens for a while.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const KIND: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_crates-io-api-key'],
  pattern: /(?<![\w-])cio[A-Za-z0-9]{32}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every registry issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  registries: z
    .array(z.strictObject({ url: baseUrl().describe('Base URL of the registry, without `/api`.') }))
    .default([])
    .describe('Registries that may have issued a token; asked in this order.'),
});

const error = (detail: RegExp) =>
  z.object({ errors: z.array(z.object({ detail: z.string().regex(detail) })).min(1) });
/** As older registries show it to tokens, too. */
const ACCOUNT = z.object({ user: z.looseObject({}) });
const UNKNOWN = error(/^authentication failed$/);
const BROWSERS_ONLY = error(/^this action can only be performed on the /);
const LIMITED = error(/^this token does not have the required permissions/);
const LOCKED = error(/^This account is /);

const NOT_PERMITTED = refused(
  'not-permitted',
  'The registry lets no token revoke itself that is limited to endpoints or packages: its owner must revoke it in the account settings.',
);

function registry(upstream: Upstream): SelfServicePlace {
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/api/v1/me',
      headers: { authorization: token },
      signal,
      tells: { owner: ['user.login', 'user.email'] },
    } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], ACCOUNT, 'alive'),
      row([403], BROWSERS_ONLY, 'alive'),
      row([403], UNKNOWN, 'unknown'),
      row([403], LOCKED, 'locked'),
    ]);
    if (means === 'locked') throw suspended(upstream, answer.status);
    return means === 'alive';
  };

  return {
    name: upstream.base,
    works,
    async revoke(token, signal) {
      const path = '/api/v1/tokens/current';
      const request = { method: 'DELETE', path, headers: { authorization: token }, signal } as const;
      const { means } = await ask(upstream, request, [row([204], 'revoked'), row([403], LIMITED, 'limited')]);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
  };
}

export const cargoRegistry: ProviderDefinition<z.output<typeof config>> = {
  id: 'cargo-registry',
  title: 'Rust package registry',
  docs: 'https://doc.rust-lang.org/cargo/commands/cargo-logout.html',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the token revokes itself, by value',
  proof: 'the registry that knew the token no longer does',
  effect: 'the token only',
  needs: 'the URL of each registry',
  types: KIND.types,
  config,
  create({ registries }, tools) {
    const upstreams = registries.map(({ url }) => tools.upstream(url));
    const methods = selfServiceAt(upstreams.map(registry), { copies: true, log: tools.log });
    return { kinds: upstreams.length > 0 ? [KIND] : [], ...methods };
  },
};
