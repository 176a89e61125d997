/**
 * Pulumi Cloud access tokens.
 *
 * Docs: https://www.pulumi.com/docs/reference/cloud-rest-api/access-tokens/, checked 2026-11-21.
 *
 * - No call takes the token by its text, and the list of a user's tokens shows ids and names only. `GET /api/user` says
 *   by which name the asking token goes (the vendor's own client reads it, the documentation does not show it); the one
 *   record of that name is the leaked token. Names need not be unique: several records are a case for a person.
 * - Tokens of organizations and teams look the same, cannot be listed by themselves, and go to a person.
 * - Expired tokens are not in the list, and neither can they ask.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { alreadyInactive, refused, revoked, shows, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({
  baseUrl: baseUrl()
    .default('https://api.pulumi.com')
    .describe('Base URL of the API; a self-hosted Pulumi Cloud has its own.'),
});
export type PulumiConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_pulumi-api-token', 'gitleaks_rule_id_pulumi_api_token'],
  pattern: /(?<![\w-])pul-[0-9a-f]{40}(?![\w-])/,
  effect: 'token',
};

const ADVICE = {
  notPersonal:
    'The token works and belongs to an organization or a team: let an administrator of the organization delete it in Pulumi Cloud.',
  ambiguous:
    'It cannot be told which of the access tokens is the leaked one: let its owner delete it in Pulumi Cloud.',
} as const;

const USER = z.object({
  githubLogin: z.string(),
  tokenInfo: z
    .object({ name: z.string(), organization: z.string().optional(), team: z.string().optional() })
    .optional(),
});
const LIST = z.object({ tokens: z.array(z.object({ id: z.string(), name: z.string().optional() })) });
const DEAD = { status: 401, body: z.object({ code: z.literal(401) }) };

export const pulumi: ProviderDefinition<PulumiConfig> = {
  id: 'pulumi',
  title: 'Pulumi Cloud',
  docs: 'https://www.pulumi.com/docs/reference/cloud-rest-api/access-tokens/',
  stability: 'beta',
  exactness: 'the one record of the name by which the token itself goes',
  proof: 'the API no longer lets the token in',
  effect: 'the token only',
  needs: 'nothing; tokens of organizations and teams go to a person',
  types: KIND.types,
  config,
  create({ baseUrl }, tools) {
    const upstream = tools.upstream(baseUrl);
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, token, step),
      verify: async (token, { signal }) => ((await whoAmI(upstream, token, signal)) ? 'alive' : 'dead'),
    };
  },
};

async function revoke(upstream: Upstream, token: Secret, { signal }: Step): Promise<RevokeResult> {
  const user = await whoAmI(upstream, token, signal);
  if (!user) return alreadyInactive();
  const { name, organization, team } = user.tokenInfo ?? {};
  if (organization || team) return refused('not-permitted', ADVICE.notPersonal);
  const list = await upstream.request({
    ...asToken(token, 'GET', '/api/user/tokens'),
    statuses: [200],
    signal,
  });
  // Where names are missing on either side, only a list of one token is exact.
  const candidates = list
    .json(LIST)
    .tokens.filter((each) => name === undefined || each.name === undefined || each.name === name);
  const [own, ...others] = candidates;
  if (!own || others.length > 0) {
    const evidence = { candidates: candidates.map(({ id }) => ({ tokenId: id })) };
    return refused('ambiguous', ADVICE.ambiguous, evidence);
  }
  const path = `/api/user/tokens/${encodeURIComponent(own.id)}`;
  await upstream.request({ ...asToken(token, 'DELETE', path), statuses: [204], signal });
  return revoked({ tokenId: own.id });
}

/** Undefined when the token does not work. */
async function whoAmI(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<z.output<typeof USER> | undefined> {
  const request = asToken(token, 'GET', '/api/user');
  const answer = await upstream.request({ ...request, statuses: [200, 401], signal });
  if (shows(answer, [DEAD])) return undefined;
  if (answer.status !== 200) throw unexpected(upstream, answer);
  return answer.json(USER);
}

function asToken(token: Secret, method: UpstreamRequest['method'], path: string) {
  const authorization = new Secret(`token ${token.reveal()}`);
  return { method, path, headers: { authorization, accept: 'application/vnd.pulumi+8' } };
}
