/**
 * SonarQube user tokens (`squ_`), on the operator's own servers.
 *
 * Docs: https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/ and the pages
 * `/web_api/api/user_tokens` and `/web_api/api/authentication` of any server; checked 2026-11-21.
 *
 * - A token is revoked by its name, which neither its text nor any answer tells. It may list the tokens of its user.
 *   The server writes the last use of a token at most once an hour and before it answers. So the token that asks was
 *   used within the hour before the newest use in its own list, and all others but those used in that hour are ruled
 *   out, whatever any clock says. What is left is the leaked token, or it is ambiguous.
 * - `/api/authentication/validate` answers 200 in any case; `valid` is false for a dead token and for another server's.
 * - Global and project analysis tokens (`sqa_`, `sqp_`) may call the scanner's endpoints only, and are invalid anywhere
 *   else although they live: they cannot find themselves, and are no kinds of this provider.
 * - Bearer works since 10.0, Basic with the token as user name on all versions. Revoking a name that is gone is a 204.
 */
import { z } from 'zod';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { Provider, ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: z
          .string()
          .regex(
            /^https?:\/\/[^\s?#@]+$/,
            'expected an http or https URL without credentials, query or fragment',
          )
          .describe('Base URL, with the context path where the server has one.'),
      }),
    )
    .default([])
    .describe('SonarQube servers that may have issued a token; asked in this order.'),
});

export type SonarqubeConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'user-token',
  types: ['gitleaks_rule_id_sonarqubeusertoken', 'gitleaks_rule_id_sonar-api-token'],
  pattern: /(?<![\w-])squ_[a-f0-9]{40}(?![\w-])/,
  effect: 'token',
};

export const sonarqube: ProviderDefinition<SonarqubeConfig> = {
  id: 'sonarqube',
  title: 'SonarQube',
  docs: 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
  stability: 'beta',
  exactness: 'the only token of its user that was used in the hour of our own call',
  proof: 'the server no longer takes the token as valid',
  effect: 'the token only',
  needs: 'the URL of each SonarQube server',
  types: KIND.types,
  config,
  create,
};

/** How far apart the times of two uses can be that the server wrote for calls within an hour, plus its nodes' skew. */
const WINDOW_MS = 65 * 60 * 1000;

const NOTE = z.object({ instance: z.string() });
const VALIDITY = z.object({ valid: z.boolean() });
const LIST = z.object({
  login: z.string(),
  userTokens: z.array(
    z.object({
      name: z.string(),
      type: z.string().optional(),
      isExpired: z.boolean().optional(),
      createdAt: z.string().optional(),
      lastConnectionDate: z.string().optional(),
    }),
  ),
});

type Listed = z.output<typeof LIST>['userTokens'][number];

const UNKNOWN = refused(
  'unknown-token',
  'No configured SonarQube server takes this token: if it is of another one, add that to providers.sonarqube.instances and retry; otherwise it is dead already and can be dismissed.',
);
const AMBIGUOUS =
  'Several tokens of this user were used within the same hour, so the leaked one cannot be told: revoke it in My Account > Security of that user, or retry after they were idle for two hours.';

function create({ instances }: SonarqubeConfig, tools: Tools): Provider {
  const upstreams = instances.map(({ url }) => tools.upstream(url));

  const seenAt = (step: Step): Upstream | undefined => {
    const seen = NOTE.safeParse(step.note).data?.instance;
    return upstreams.find(({ base }) => base === seen);
  };

  return {
    kinds: upstreams.length > 0 ? [KIND] : [],
    async revoke(token, step) {
      const seen = seenAt(step);
      for (const upstream of seen ? [seen] : upstreams) {
        if (!(await isValid(upstream, token, step.signal))) continue;
        if (!seen) {
          step.remember({ instance: upstream.base });
          return { outcome: 'continue', afterMs: 0 };
        }
        return revokeAt(upstream, token, step.signal);
      }
      return seen ? alreadyInactive({ instance: seen.base }) : UNKNOWN;
    },
    async verify(token, step) {
      const seen = seenAt(step);
      if (!seen) return 'unknown';
      return (await isValid(seen, token, step.signal)) ? 'alive' : 'dead';
    },
  };
}

async function isValid(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/authentication/validate',
    headers: { authorization: asUser(token) },
    statuses: [200],
    signal,
  });
  return answer.json(VALIDITY).valid;
}

async function revokeAt(upstream: Upstream, token: Secret, signal: AbortSignal) {
  const headers = { authorization: asUser(token) };
  const answer = await upstream.request({
    method: 'GET',
    path: '/api/user_tokens/search',
    headers,
    statuses: [200],
    signal,
  });
  const { login, userTokens } = answer.json(LIST);
  const [own, ...others] = possibleSelves(userTokens);
  if (!own) throw unexpected(upstream, answer);
  const evidence = { instance: upstream.base, login };
  if (others.length > 0) {
    const candidates = [own, ...others].map(({ createdAt, lastConnectionDate }) => {
      return { createdAt: createdAt ?? null, lastConnectionDate: lastConnectionDate ?? null };
    });
    return refused('ambiguous', AMBIGUOUS, { ...evidence, candidates });
  }
  await upstream.request({
    method: 'POST',
    path: '/api/user_tokens/revoke',
    headers,
    form: { name: own.name },
    statuses: [204],
    signal,
  });
  return revoked(evidence);
}

/** Those tokens of the list that can be the one which asked for it; it is always among them. */
function possibleSelves(tokens: readonly Listed[]): readonly Listed[] {
  const usable = tokens.filter((token) => (token.type ?? 'USER_TOKEN') === 'USER_TOKEN' && !token.isExpired);
  const uses = usable.map(lastUseMs).filter((ms) => Number.isFinite(ms));
  if (uses.length === 0) return usable;
  const newest = Math.max(...uses);
  // A time that cannot be read rules nothing out.
  return usable.filter((token) => !(lastUseMs(token) < newest - WINDOW_MS));
}

/** `2018-01-10T14:06:05+0100`; -Infinity when it was never used, NaN when the time cannot be read. */
function lastUseMs({ lastConnectionDate }: Listed): number {
  if (lastConnectionDate === undefined) return Number.NEGATIVE_INFINITY;
  return Date.parse(lastConnectionDate.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
}

function asUser(token: Secret): Secret {
  return basic(token.reveal(), new Secret(''));
}
