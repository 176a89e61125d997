/**
 * GitLab, any number of instances.
 *
 * Docs: https://docs.gitlab.com/api/admin/token/, https://docs.gitlab.com/api/personal_access_tokens/,
 * https://docs.gitlab.com/api/runners/, and GitLab's own source; checked 2026-11-30.
 *
 * Quirks:
 * - A live token of another instance looks exactly like one that is gone (404, 401, runners 403). Only an instance
 *   that was seen to know the token proves its death that way, so the instance is remembered.
 * - The instance where the token leaked is asked first, and no other's word for a death counts against its own.
 * - An instance that was restored from a backup of another has its tokens. Those of which an administrator's token is
 *   configured are the operator's own, and are asked once a token has ended where it leaked.
 * - An access token is told that it is unknown also while such tokens are turned off for its user
 *   (`ee/app/models/ee/personal_access_token.rb`), or while that is a service account that acts for others alone
 *   (`resolve_composite_identity_user` of `lib/gitlab/auth/auth_finders.rb`). An administrator's token sees it.
 * - The token information API answers 404 also for a missing route and for a feature flag that is off.
 * - A second deletion of an access token sends its owner a second e-mail, so every revocation looks first.
 * - Access tokens are deleted by id: that works since 17.5, for service accounts too, and keeps bot users.
 * - Some live tokens are always "not found" (path-dependent feed tokens, registration tokens): they go to a person.
 * - A pipeline trigger token works on after its end, so it is deleted, by GraphQL: `trigger.ts`.
 * - The first 20 characters of a routable token look like a classic one, and a token without the prefix of its
 *   instance like that of another: both are unknown, and never called dead for that.
 * - In maintenance mode, and as a Geo secondary, it refuses all calls but GET (403 or 301): `method.ts`.
 * - Without an administrator's token, asking about a runner is a sign of life of it; see `runner.ts`.
 */
import type { GitlabInstance } from '../../src/provider/kit/gitlab-instance.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { adminMethod } from './admin.ts';
import { config, type GitlabConfig } from './config.ts';
import type { Instance } from './instance.ts';
import { ALL_TYPES, isAccessToken, isRunner, tokenKinds } from './kinds.ts';
import type { Method } from './method.ts';
import { checkOwnToken, ownTokens } from './own-tokens.ts';
import { runnerMethod } from './runner.ts';
import { accessTokenMethod } from './self-service.ts';
import { createTokens } from './tokens.ts';

export const gitlab: ProviderDefinition<GitlabConfig> = {
  id: 'gitlab',
  title: 'GitLab',
  docs: 'https://docs.gitlab.com/api/admin/token/',
  checked: '2026-11-30',
  stability: 'stable',
  exactness: 'by value',
  proof: 'asks the instance again about this token',
  effect: 'the token only; runners, OAuth secrets and feature-flag clients are reset and wait for approval',
  needs: 'nothing for access tokens and runners; an administrator token of the instance for all other kinds',
  types: ALL_TYPES,
  config,
  sharedKeys: { instances: 'gitlab.instances' },
  create,
};

function create(settings: GitlabConfig, tools: Tools): Provider {
  const instances = settings.instances.map((instance) => createInstance(instance, settings, tools));

  const kinds = tokenKinds({
    withAdmin: settings.instances.some(({ adminToken }) => adminToken),
    prefixes: {
      personalAccessToken: settings.instances.flatMap((each) => each.personalAccessTokenPrefixes),
      instance: settings.instances.flatMap((each) => each.instanceTokenPrefixes),
    },
  });
  return {
    kinds,
    // With one that is shown every token there is nothing to choose.
    wantsOrigins: instances.length > 1 || instances.some(({ searchOthers }) => !searchOthers),
    ...createTokens(instances, kinds, tools.log),
    check: (signal) =>
      Promise.all(
        instances.flatMap(({ upstream, own }) => own.map((each) => checkOwnToken(upstream, each, signal))),
      ),
  };
}

function createInstance(
  settings: GitlabInstance,
  { botTokens }: GitlabConfig,
  { upstream: clientFor, clock }: Tools,
): Instance {
  const { url, adminToken, searchOthers, instanceTokenPrefixes: tokenPrefixes } = settings;
  const upstream = clientFor(url);
  return {
    ...{ upstream, own: ownTokens(settings), isOurs: adminToken !== undefined, searchOthers, tokenPrefixes },
    methods(kind) {
      const methods: Method[] = [];
      if (adminToken) {
        const options = { kind, deleteBots: botTokens === 'admin-delete', clock };
        methods.push(adminMethod({ upstream, adminToken }, options));
      }
      if (isAccessToken(kind)) methods.push(accessTokenMethod(upstream));
      if (isRunner(kind)) methods.push(runnerMethod(upstream));
      return methods;
    },
  };
}
