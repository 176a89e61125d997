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
import { secretText } from '../../src/config/secret-text.ts';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import { sparingTheLane } from '../../src/provider/kit.ts';
import {
  ConfigFault,
  type CredentialCheck,
  type Liveness,
  type Provider,
  type ProviderDefinition,
  type RevokeResult,
  type Step,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/secret.ts';
import { carryOut, investigate, type Look, type Rules } from './investigation.ts';
import { newNote, readNote } from './note.ts';
import { createServer, type GocdServer, type Probe } from './server.ts';

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
    check: (signal) => Promise.all(servers.map((server) => checkServer(server, signal))),
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

async function revoke(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
  unknownTokens: GocdConfig['unknownTokens'],
): Promise<RevokeResult> {
  const note = readNote(step.note);
  const server = servers.find((candidate) => candidate.base === note?.server);
  if (!note || !server) return locate(servers, token, step, rules, unknownTokens);
  const work = { server, token, step, rules };
  if (note.plan) return carryOut(note, note.plan, work);
  return investigate(await lookAt(server, token, step.signal), note, work);
}

/** First step: which server knows the token? A server that is down does not keep the others from being asked. */
async function locate(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
  unknownTokens: GocdConfig['unknownTokens'],
): Promise<RevokeResult> {
  const failures: Failure[] = [];
  for (const server of servers) {
    const look = await lookAt(server, token, step.signal).catch((error: unknown) => asFailure(error));
    if (look instanceof Failure) failures.push(look);
    else if (look.probe.state !== 'unknown') {
      return investigate(look, newNote(server.base), { server, token, step, rules });
    }
  }
  if (failures[0]) throw failures[0];
  if (unknownTokens === 'inactive') return { outcome: 'already-inactive', proven: false };
  return {
    outcome: 'refused',
    reason: 'unknown-token',
    advice:
      'No configured GoCD server knows this text: it is no token, it was deleted with its user, or its server is not configured.',
  };
}

/** The list must be older than the probe, see `investigation.ts`. */
async function lookAt(server: GocdServer, token: Secret, signal: AbortSignal): Promise<Look> {
  const records = await server.listActive(signal);
  return { records, probe: await server.probe(token, signal) };
}

async function verify(servers: readonly GocdServer[], token: Secret, step: Step): Promise<Liveness> {
  const note = readNote(step.note);
  const server = servers.find((candidate) => candidate.base === note?.server);
  const asked = server ? [server] : servers;
  const probes: Probe[] = [];
  for (const candidate of asked) probes.push(await candidate.probe(token, step.signal));
  if (probes.some((probe) => probe.state === 'live')) return 'alive';
  if (probes.some((probe) => probe.state === 'locked')) return 'unknown';
  if (probes.some((probe) => probe.state === 'revoked')) return 'dead';
  return server ? 'dead' : 'unknown';
}

const ADVICE: Partial<Record<FailureCode, string>> = {
  'credential-refused': 'GoCD refused the user name or the password; the user must log in with a password.',
  'permission-missing': 'The user must be a GoCD system administrator.',
  misconfigured:
    'The URL must end with the context path, usually /go, and security must be turned on in GoCD.',
};

async function checkServer(server: GocdServer, signal: AbortSignal): Promise<CredentialCheck> {
  const name = `${server.base} administrator`;
  try {
    await server.listActive(signal);
    return { name, ok: true };
  } catch (error) {
    if (!(error instanceof Failure)) return { name, ok: false, advice: 'The check was given up.' };
    return { name, ok: false, advice: ADVICE[error.code] ?? error.message };
  }
}

/** What is no failure of a call, such as an abort, goes on up. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
