/**
 * GoCD access tokens, on the operator's own servers.
 *
 * Docs: https://api.gocd.org/current/#access-tokens, checked 2026-11-28 against GoCD's source, 26.2 in development.
 *
 * - A token is 40 lower-case hex characters without prefix or checksum, which is also what a git commit looks like.
 *   What no server knows is therefore reported, not called dead. `gitlab-ruleset.toml` is a detection rule for it.
 * - No call revokes a token by its text, and no list shows anything of the text: an administrator revokes a record by
 *   its id. The record is found by the time of its last use, see `burst.ts`, or by a map of salt ids from the database.
 * - `last_used_at` is kept in memory and written every 60 s; a restart loses what was not written.
 * - `Invalid Personal Access Token.` alone proves nothing: a working token gets it, too, when the plugin of its owner
 *   fails. Its use is noted all the same, before the plugin is asked.
 * - A 500 to one token alone is what a working token gets whose owner the plugin does not know any more.
 * - Calls about access tokens need a password: a GoCD system administrator's, from a plugin that takes passwords.
 * - A Bearer call starts a session. With its cookie the token is not looked at again: `last_used_at` stays, and a
 *   revoked token goes on working for up to half an hour. So cookies are never sent, and who holds one keeps it.
 * - A proxy before a server may send one user's password in place of any token. So where a token is let in, one that
 *   nobody has must be refused.
 * - Without the right `Accept` header the answer is a 404 in plain text.
 * - Revoking cannot be undone. Who is disabled, or whom the identity provider no longer knows, still owns live tokens;
 *   the tokens of a removed authorization configuration GoCD revokes itself, since 20.6.
 */

import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Rules } from './case.ts';
import { configSchema, type GocdConfig } from './config.ts';
import { readSaltIds } from './salt-ids.ts';
import { createServer, type GocdServer } from './server.ts';
import { look, revoke, verify } from './token.ts';
import { Turns } from './turns.ts';

export type { GocdConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_gocd_access_token', 'gitleaks_rule_id_gocd-access-token'],
  pattern: /(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'GoCD runs on servers of its users, and there may be others than those configured.' },
  whole: 'exact',
  undo: 'no',
};

export const gocd: ProviderDefinition<GocdConfig> = {
  id: 'gocd',
  title: 'GoCD',
  docs: 'https://api.gocd.org/current/#access-tokens',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the one record whose last use keeps up with our own probes, or that of its salt id',
  proof: 'the server says of this very token when it was revoked',
  effect: 'the token only',
  needs: 'the URL of each GoCD server and the password of a GoCD system administrator',
  types: KIND.types,
  unpublished: KIND.types,
  config: configSchema,
  create: (config, tools) => createGocd(config, tools, Math.random),
};

/** @param random from 0 to below 1; keeps bursts of several replicas apart */
export function createGocd(config: GocdConfig, tools: Tools, random: () => number): Provider {
  const servers = config.servers.map((server, index) => connect(server, index, tools));
  const { ambiguous, maxCandidates } = config;
  const { log, clock } = tools;
  const rules: Rules = { ambiguous, maxCandidates, log, clock, random, turns: new Turns() };
  return {
    kinds: servers.length > 0 ? [KIND] : [],
    revoke: (token, step) => sparingTheLane(servers, () => revoke(servers, token, step, rules)),
    look: (token, step) => sparingTheLane(servers, () => look(servers, token, step)),
    verify: (token, step) => sparingTheLane(servers, () => verify(servers, token, step)),
    check: (signal) =>
      Promise.all(
        servers.map((server) =>
          checkOf(`${server.base} administrator`, () => server.list('active', signal), ADVICE),
        ),
      ),
  };
}

function connect(server: GocdConfig['servers'][number], index: number, tools: Tools): GocdServer {
  const { url, username, password, flushSeconds } = server;
  const saltIds = readSaltIds(server.saltIds, ['servers', index, 'saltIds']);
  const access = { username, password, flushMs: flushSeconds * 1000, saltIds };
  return createServer(tools.upstream(url), access);
}

const ADVICE = {
  refused:
    'GoCD refused the user name or the password, or its authorization plugin cannot be reached; the user must log in with a password.',
  forbidden: 'The user must be a GoCD system administrator.',
  misconfigured:
    'The URL must end with the context path, usually /go, and security must be turned on in GoCD.',
};
