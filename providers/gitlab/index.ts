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
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { sparingTheLane } from '../../src/provider/kit.ts';
import type { Provider, ProviderDefinition, RevokeResult, Step, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';
import { adminMethod, checkAdmin } from './admin.ts';
import { type Found, type Instance, revokeAt, search } from './instance.ts';
import { ALL_TYPES, adviceByHand, tokenKinds, vanishes } from './kinds.ts';
import { type Method, refused } from './method.ts';
import { accessTokenMethod, runnerMethod } from './self-service.ts';

const prefix = z.string().regex(/^[\w.=-]{1,20}$/, 'expected up to 20 letters, digits or -_.=');

/** One of the instances that an operator lists under `gitlab.instances`. */
export const gitlabInstance = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine(isPlainBase, 'expected no credentials, query or fragment')
    .describe('Base URL, with the relative URL root where GitLab has one.'),
  adminToken: secretText()
    .optional()
    .describe(
      'Of an administrator, with the scopes `api` and `admin_mode`; without it only access tokens and runners can be revoked.',
    ),
  readToken: secretText()
    .optional()
    .describe('With scope `read_api`, to read the lines around a leak in projects that are not public.'),
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

/** What is remembered of a token: the base URL of the instance at which it was alive. */
const NOTE = z.object({ instance: z.string() });

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The administrator token of Quash itself has leaked: create a new one, configure it, and revoke the leaked one at once.',
);
const UNKNOWN = refused(
  'unknown-token',
  'No configured GitLab knows this token: if it is of another instance, add that to providers.gitlab.instances and retry; otherwise it is gone already and can be dismissed.',
);

function create(settings: GitlabConfig, tools: Tools): Provider {
  const instances = settings.instances.map((instance) => createInstance(instance, settings, tools));

  /** Where it was seen alive before; there, and only there, "not found" proves that it is dead. */
  const seenAt = (step: Step): Instance | undefined => {
    const url = NOTE.safeParse(step.note).data?.instance;
    return instances.find(({ upstream }) => upstream.base === url);
  };

  const searchFor = (token: Secret, step: Step, seen: Instance | undefined) =>
    search(seen ? [seen] : instances, token, step.kind, step.signal);

  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const own = instances.find(({ adminToken }) => adminToken && isSame(adminToken, token));
    if (own) {
      tools.log.warn('own-credential-leaked', { instance: own.upstream.base });
      return OWN_CREDENTIAL;
    }
    const advice = adviceByHand(step.kind);
    if (advice) return refused('unsupported-kind', advice);

    const seen = seenAt(step);
    const found = await searchFor(token, step, seen);
    // It dies with its job, wherever that runs.
    if (step.kind === 'job-token') return expiring(found);
    switch (found.state) {
      case 'alive':
        step.remember({ instance: found.instance.upstream.base });
        // What it leaves no trace of must be on record before: after a crash, "not found" would prove nothing.
        if (!seen && vanishes(step.kind)) return { outcome: 'continue', afterMs: 0 };
        return revokeAt(found, token, step.signal);
      case 'dead':
        return {
          outcome: 'already-inactive',
          proven: true,
          evidence: { instance: found.instance.upstream.base },
        };
      case 'unable':
        return found.refusal;
      case 'absent':
        if (seen) return { outcome: 'already-inactive', proven: true };
        if (settings.unknownTokens === 'attention') return UNKNOWN;
        return { outcome: 'already-inactive', proven: false };
    }
  };

  return {
    kinds: tokenKinds({
      withAdmin: settings.instances.some(({ adminToken }) => adminToken),
      prefixes: {
        personalAccessToken: settings.instances.flatMap((each) => each.personalAccessTokenPrefixes),
        instance: settings.instances.flatMap((each) => each.instanceTokenPrefixes),
      },
    }),
    revoke: (token, step) => sparingTheLane(instances, () => revoke(token, step)),
    verify: (token, step) =>
      sparingTheLane(instances, async () => {
        const seen = seenAt(step);
        const { state } = await searchFor(token, step, seen);
        if (state === 'alive' || state === 'dead') return state;
        return state === 'absent' && seen ? 'dead' : 'unknown';
      }),
    check: (signal) =>
      Promise.all(
        instances.flatMap(({ upstream, adminToken }) =>
          adminToken ? [checkAdmin({ upstream, adminToken }, signal)] : [],
        ),
      ),
  };
}

function createInstance(
  { url, adminToken }: GitlabConfig['instances'][number],
  { botTokens }: GitlabConfig,
  { upstream: clientFor, clock }: Tools,
): Instance {
  const upstream = clientFor(url);
  return {
    upstream,
    adminToken,
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

/** With what a person needs to cancel the job, where it still runs. */
function expiring(found: Found): RevokeResult {
  if (found.state !== 'alive' || found.id === undefined) return { outcome: 'expires' };
  return { outcome: 'expires', evidence: { instance: found.instance.upstream.base, job: found.id } };
}

/** In constant time, whatever the lengths. */
function isSame(a: Secret, b: Secret): boolean {
  const digest = (secret: Secret) => createHash('sha256').update(secret.reveal()).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function isPlainBase(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && !url.username && !url.password && !/[?#]/.test(text);
}
