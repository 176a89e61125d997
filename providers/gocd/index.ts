/**
 * GoCD access tokens, on the operator's own servers.
 *
 * Docs: https://api.gocd.org/current/#access-tokens, checked 2026-11-21 against GoCD 26.1.
 *
 * - A token is 40 lower-case hex characters without prefix or checksum, which is also what a git commit looks like.
 *   What no server knows is therefore reported, not called dead. `gitlab-ruleset.toml` is a detection rule for it.
 * - No call revokes a token by its text, and no list shows anything of the text: an administrator revokes a record by
 *   its id. The record is found by the time of its last use, see `fingerprint.ts`; several rounds may be needed.
 * - `last_used_at` is kept in memory and written every 60 s; a restart loses what was not written.
 * - Calls about access tokens need a password: a GoCD system administrator's, from a plugin that takes passwords.
 * - A Bearer call starts a session. With its cookie the token is not looked at again: `last_used_at` stays, and a
 *   revoked token goes on working for up to half an hour. So cookies are never sent, and who holds one keeps it.
 * - Without the right `Accept` header the answer is a 404 in plain text.
 * - Revoking cannot be undone. Who cannot log in (disabled, authorization removed) still owns live tokens.
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { sparingTheLane } from '../../src/provider/kit/places.ts';
import {
  ConfigFault,
  type Provider,
  type ProviderDefinition,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { secretText } from '../../src/words/secret-text.ts';
import type { Rules } from './plan.ts';
import { createServer, type GocdServer } from './server.ts';
import { revoke, verify } from './token.ts';

const configSchema = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: z
          .url({ protocol: /^https?$/ })
          .describe('With the context path, e.g. https://ci.example.com/go.'),
        username: z.string().min(1).describe('A GoCD system administrator that logs in with a password.'),
        password: secretText().describe('Its password.'),
        flushSeconds: z
          .number()
          .min(0.2)
          .default(75)
          .describe(
            'Longer than the server takes to write the last use of tokens, which is 60 s by default.',
          ),
      }),
    )
    .default([])
    .describe('GoCD servers that may have issued a token; asked in this order.'),
  ambiguous: z
    .enum(['report', 'disable-user', 'revoke-candidates', 'revoke-all'])
    .default('report')
    .describe('What to do when it cannot be told which token of a user is the leaked one.'),
  unknownTokens: z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe('What a token is that no server knows: a case for a person, or one that is dead already.'),
  maxCandidates: z
    .int()
    .min(1)
    .default(3)
    .describe('How many tokens revoke-candidates may revoke in vain for one leaked token.'),
});

export type GocdConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_gocd_access_token', 'gitleaks_rule_id_gocd-access-token'],
  pattern: /(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])/,
  effect: 'token',
};

export const gocd: ProviderDefinition<GocdConfig> = {
  id: 'gocd',
  title: 'GoCD',
  docs: 'https://api.gocd.org/current/#access-tokens',
  stability: 'beta',
  exactness: 'the one record whose last use follows our own probes',
  proof: 'the server says of this very token when it was revoked',
  effect: 'the token only',
  needs: 'the URL of each GoCD server and the password of a GoCD system administrator',
  types: KIND.types,
  config: configSchema,
  create: (config, tools) => createGocd(config, tools, Math.random),
};

/** @param random from 0 to below 1; spreads the probes over time */
export function createGocd(config: GocdConfig, tools: Tools, random: () => number): Provider {
  const servers = config.servers.map((server, index) => connect(server, index, tools));
  const { ambiguous, maxCandidates, unknownTokens } = config;
  const rules: Rules = { ambiguous, maxCandidates, log: tools.log, random };
  return {
    kinds: servers.length > 0 ? [KIND] : [],
    revoke: (token, step) =>
      sparingTheLane(servers, () => revoke(servers, token, step, rules, unknownTokens)),
    verify: (token, step) => sparingTheLane(servers, () => verify(servers, token, step)),
    check: (signal) =>
      Promise.all(
        servers.map((server) =>
          checkOf(`${server.base} administrator`, () => server.listActive(signal), ADVICE),
        ),
      ),
  };
}

function connect(server: GocdConfig['servers'][number], index: number, tools: Tools): GocdServer {
  const { url, username, password, flushSeconds } = server;
  return createServer(
    upstreamOf(url, index, tools),
    { username, password, flushMs: flushSeconds * 1000 },
    tools.clock,
  );
}

function upstreamOf(url: string, index: number, tools: Tools): Upstream {
  try {
    return tools.upstream(url);
  } catch {
    throw new ConfigFault(
      ['servers', index, 'url'],
      'expected a URL without user, password, query and fragment',
    );
  }
}

const ADVICE = {
  refused: 'GoCD refused the user name or the password; the user must log in with a password.',
  forbidden: 'The user must be a GoCD system administrator.',
  misconfigured:
    'The URL must end with the context path, usually /go, and security must be turned on in GoCD.',
};
