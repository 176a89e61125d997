/**
 * GitLab, any number of instances.
 *
 * Docs: https://docs.gitlab.com/api/admin/token/, https://docs.gitlab.com/api/personal_access_tokens/,
 * https://docs.gitlab.com/api/runners/; checked 2026-11-21.
 *
 * Quirks:
 * - A live token of another instance looks exactly like one that is gone (404, 401, runners 403). Only an instance
 *   that was seen to know the token proves its death that way, so the instance is remembered.
 * - The token information API answers 404 also for a missing route and for a feature flag that is off.
 * - A second deletion of an access token sends its owner a second e-mail, so every revocation looks first.
 * - Access tokens are deleted by id: that works since 17.5, for service accounts too, and keeps bot users.
 * - Some live tokens are always "not found" (path-dependent feed tokens, registration tokens): they go to a person.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { adminMethod } from './admin.ts';
import type { Instance } from './instance.ts';
import { ALL_TYPES, tokenKinds } from './kinds.ts';
import type { Method } from './method.ts';
import { checkOwnToken, ownTokens } from './own-tokens.ts';
import { accessTokenMethod, runnerMethod } from './self-service.ts';
import { createTokens } from './tokens.ts';

const prefix = z.string().regex(/^[\w.=-]{1,20}$/, 'expected up to 20 letters, digits or -_.=');

/** One of the instances that an operator lists under `gitlab.instances`. */
export const gitlabInstance = z.strictObject({
  url: baseUrl().describe('Base URL, with the relative URL root where GitLab has one.'),
  adminToken: secretText()
    .optional()
    .describe(
      'Of an administrator, with the scopes `api` and `admin_mode`; without it only access tokens and runners can be revoked.',
    ),
  readToken: secretText()
    .optional()
    .describe('With scope `read_api`, to read the lines around a leak in projects that are not public.'),
  writeBackToken: secretText()
    .optional()
    .describe(
      'With scope `api`, of a user who may comment on and resolve vulnerabilities, to write there what became of a leak; see `gitlab.writeBack`.',
    ),
  personalAccessTokenPrefixes: z
    .array(prefix)
    .default([])
    .describe('Custom prefixes of personal, project and group access tokens, present and former.'),
  instanceTokenPrefixes: z
    .array(prefix)
    .default([])
    .describe('Custom prefixes that go before the default ones, without the hyphen.'),
});

const config = z.strictObject({
  instances: z
    .array(gitlabInstance)
    .min(1)
    .prefault([{ url: 'https://gitlab.com' }])
    .describe('GitLab instances that may have issued a token; asked in this order.'),
  unknownTokens: z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe('What a token is that no instance knows: a case for a person, or one that is dead already.'),
  botTokens: z
    .enum(['revoke', 'admin-delete'])
    .default('revoke')
    .describe('Whether to revoke project and group access tokens only, or to remove their bot users, too.'),
});

export type GitlabConfig = z.output<typeof config>;

export const gitlab: ProviderDefinition<GitlabConfig> = {
  id: 'gitlab',
  title: 'GitLab',
  docs: 'https://docs.gitlab.com/api/admin/token/',
  stability: 'stable',
  exactness: 'by value',
  proof: 'asks the instance again about this token',
  effect: 'the token only; runners, OAuth secrets and feature-flag clients are reset and wait for approval',
  needs: 'nothing for access tokens and runners; an administrator token of the instance for all other kinds',
  types: ALL_TYPES,
  config,
  create,
};

function create(settings: GitlabConfig, tools: Tools): Provider {
  const instances = settings.instances.map((instance) => createInstance(instance, settings, tools));

  return {
    kinds: tokenKinds({
      withAdmin: settings.instances.some(({ adminToken }) => adminToken),
      prefixes: {
        personalAccessToken: settings.instances.flatMap((each) => each.personalAccessTokenPrefixes),
        instance: settings.instances.flatMap((each) => each.instanceTokenPrefixes),
      },
    }),
    ...createTokens(instances, settings.unknownTokens, tools.log),
    check: (signal) =>
      Promise.all(
        instances.flatMap(({ upstream, own }) => own.map((each) => checkOwnToken(upstream, each, signal))),
      ),
  };
}

function createInstance(
  settings: GitlabConfig['instances'][number],
  { botTokens }: GitlabConfig,
  { upstream: clientFor, clock }: Tools,
): Instance {
  const { url, adminToken } = settings;
  const upstream = clientFor(url);
  return {
    upstream,
    adminToken,
    own: ownTokens(settings),
    methods(kind) {
      const methods: Method[] = [];
      if (adminToken) {
        const options = { kind, deleteBots: botTokens === 'admin-delete', nowMs: () => clock.now() };
        methods.push(adminMethod({ upstream, adminToken }, options));
      }
      if (kind === 'personal-access-token') methods.push(accessTokenMethod(upstream));
      if (kind === 'runner' || kind === 'legacy-runner') methods.push(runnerMethod(upstream));
      return methods;
    },
  };
}
