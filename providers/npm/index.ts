/**
 * Access tokens of npm, and of other registries that speak its protocol.
 *
 * Docs: https://docs.npmjs.com/cli/commands/npm-logout, https://docs.npmjs.com/revoking-access-tokens; the calls are
 * those of npm's own client (`npm logout`, `npm token revoke <token>`); checked 2026-11-28.
 *
 * - No registry is built in: the operator names those that may have issued a token.
 * - Tokens of npm end in a checksum; those of other registries have any shape, so each names the pattern of its own, and
 *   gets no other one's tokens. Not all of them revoke: Verdaccio (6.8) says that all is well, and goes on knowing a token.
 * - A token ends itself by its value. Which of the two calls a registry heeds depends on the registry and on the kind
 *   of token, and some answer that all is well and do nothing: so both are made, and only a look afterwards counts.
 * - npm says that a revocation may take an hour; until then the entry is tried again.
 * - A registry refuses tokens of a user who is locked or disabled, too, and takes them again later; so one that
 *   worked is not dead because it is refused, unless it was revoked just before.
 * - A 401 may also mean that a one-time password is missing, or that our address is not on the token's list. Both
 *   are answers about a living token, told apart by `WWW-Authenticate` or by the words.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { endsInChecksum } from '../../src/provider/kit/checksum.ts';
import { sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { compilePattern } from '../../src/provider/kit/pattern.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type NpmConfig } from './config.ts';
import { accountOf, FOUND } from './registry.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_npm_access_token'],
  pattern: /(?<![\w-])npm_[A-Za-z0-9]{36}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every registry issues its own, and only the configured ones are asked.' },
  whole: (token) => endsInChecksum(token.slice('npm_'.length)),
  undo: 'no',
};

export const npm: ProviderDefinition<NpmConfig> = {
  id: 'npm',
  title: 'npm',
  docs: 'https://docs.npmjs.com/cli/commands/npm-logout',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the token ends itself, by value',
  proof: 'the registry that knew the token no longer does',
  effect: 'the token only',
  needs: 'the URL of each registry; of one whose tokens are not those of npm, a pattern',
  types: KIND.types,
  config,
  create({ registries }, tools) {
    const usual = registries.filter(({ pattern }) => pattern === undefined);
    const part = (kind: TokenKind, those: NpmConfig['registries']): Part => {
      const accounts = those.map(({ url }) => accountOf(url, tools));
      const { revoke, look, verify } = byAccounts(accounts, { found: FOUND, log: tools.log });
      // One registry that is down holds up no tokens of another kind, either.
      const sparing = <R>(work: () => Promise<R>) => sparingTheLane(registries, work);
      return {
        kinds: [kind],
        isAble: those.length > 0,
        revoke: (token, step) => sparing(() => revoke(token, step)),
        look: (token, step) => sparing(() => look(token, step)),
        verify: (token, step) => sparing(() => verify(token, step)),
      };
    };
    return byKind([
      part(KIND, usual),
      ...registries.flatMap((each) =>
        each.pattern === undefined
          ? []
          : [part(ofRegistry(each.id ?? new URL(each.url).host, each.pattern), [each])],
      ),
    ]);
  },
};

function ofRegistry(id: string, pattern: string): TokenKind {
  return { ...KIND, id, pattern: compilePattern(pattern), whole: 'open' };
}
