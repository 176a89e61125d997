/**
 * Square OAuth access tokens of the operator's own applications.
 *
 * Docs: https://developer.squareup.com/reference/square/o-auth-api/retrieve-token-status,
 * https://developer.squareup.com/reference/square/o-auth-api/revoke-token; checked 2026-11-28.
 *
 * - A live token tells the id of its application. Only that application may revoke it, with its secret.
 * - Without `revoke_only_access_token` all tokens of that merchant for the application die.
 * - Production and sandbox are two hosts, and a token says nothing of where it belongs. A token that is expired or
 *   unknown is `UNAUTHORIZED`, and tokens have no length that is documented, so that alone proves no end.
 * - Personal access tokens of an application look and answer alike, but can only be replaced in the developer console.
 * - Calls with the secret of an application answer in a form of their own where it is wrong, see `application.ts`.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { checkApplication } from './application.ts';
import { config, type SquareConfig } from './config.ts';
import { FOUND, hostAccount } from './host.ts';

export type { SquareConfig } from './config.ts';

const PRODUCTION = 'https://connect.squareup.com';
const SANDBOX = 'https://connect.squareupsandbox.com';
const HOSTS = [PRODUCTION, SANDBOX];

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_square-access-token'],
  pattern: /(?<![\w-])(?:EAAA[\w-]{22,128}|sq0atp-[\w-]{22,128})(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: HOSTS },
  whole: 'open',
  undo: 'no',
};

export const square: ProviderDefinition<SquareConfig> = {
  id: 'square',
  title: 'Square',
  docs: 'https://developer.squareup.com/reference/square/o-auth-api/revoke-token',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Square refuses the token as unauthorized once it has taken it',
  effect: 'the token only',
  needs: 'the secret of each Square application',
  types: KIND.types,
  config,
  create: ({ applications }, tools) => {
    const { check: _, ...accounts } = byAccounts(
      HOSTS.map((host) => hostAccount(tools.upstream(host), applications)),
      {
        found: FOUND,
        unknown:
          'Square takes this token neither in production nor in the sandbox: look up at the location what it is for, and revoke it in the Square developer console if it is still there.',
        log: tools.log,
      },
    );
    return {
      kinds: applications.length > 0 ? [KIND] : [],
      ...accounts,
      check: (signal) =>
        Promise.all(
          applications.map((each) => {
            const host = each.id.startsWith('sandbox-') ? SANDBOX : PRODUCTION;
            return checkApplication(each, tools.upstream(host), signal);
          }),
        ),
    };
  },
};
