/** Every kind of GitLab token, how it looks, and who reports it. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { type Prefixes, standingAlone } from './prefixes.ts';

interface KindFacts extends Omit<TokenKind, 'pattern' | 'types' | 'effect'> {
  /** Rule ids of GitLab, then those of gitleaks. */
  readonly rules: readonly string[];
  /** Regular expression after the instance's own prefix. */
  readonly pattern: (prefixes: Prefixes) => string;
  /** Works without an administrator's token. */
  readonly selfService?: true;
  /** Its revocation leaves no record that says so: from then on GitLab just does not know the token. */
  readonly vanishes?: true;
  /** No API revokes it by its plaintext, though some call a live one unknown: it is never sent, a person must act. */
  readonly byHand?: string;
}

const END = '(?![\\w-])';
/** A routable token: payload, version, length and checksum. */
const ROUTABLE = '[\\w-]{27,300}(?:\\.[0-9a-z]{2})?\\.[0-9a-z]{9}';
const body = (classic: string) => `(?:${ROUTABLE}|${classic})${END}`;
const prefixed = (prefix: string) => () => prefix + body('[\\w-]{20,300}');

const RUNNER_RULES = [
  'gitlab_runner_auth_token',
  'gitlab_runner_auth_token_routable',
  'gitlab-runner-authentication-token',
];

/** Special forms come before the general ones, because the first kind that matches decides. */
export const KINDS: readonly KindFacts[] = [
  {
    id: 'personal-access-token',
    rules: [
      'gitlab_personal_access_token',
      'gitlab_personal_access_token_routable',
      'gitlab_personal_access_token_routable_versioned',
      'gitlab-pat',
      'gitlab-pat-routable',
    ],
    // The exact length keeps it off the first characters of a routable token.
    pattern: ({ personalAccessToken }) =>
      `(?:${['glpat-', ...personalAccessToken.map(standingAlone)].join('|')})${body('[\\w-]{20}')}`,
    selfService: true,
  },
  {
    id: 'legacy-runner',
    rules: RUNNER_RULES,
    pattern: prefixed('glrtr-'),
    vanishes: true,
    warning: 'The runner goes offline until it is given its new token.',
    selfService: true,
  },
  {
    id: 'runner',
    rules: RUNNER_RULES,
    pattern: prefixed('glrt-'),
    vanishes: true,
    warning: 'The runner goes offline until it is given its new token.',
    selfService: true,
  },
  {
    id: 'deploy-token',
    rules: ['gitlab_deploy_token', 'gitlab-deploy-token'],
    pattern: prefixed('gldt-'),
  },
  {
    id: 'path-feed-token',
    rules: ['gitlab_feed_token_v2', 'gitlab-feed-token'],
    pattern: () => `glft-[0-9a-f]{64}-\\d{1,20}${END}`,
    byHand:
      'This feed token was derived for one address: the user whose id is at its end must reset the feed token in the preferences.',
  },
  {
    id: 'feed-token',
    rules: ['gitlab_feed_token_v2', 'gitlab-feed-token'],
    pattern: prefixed('glft-'),
    vanishes: true,
  },
  {
    id: 'bare-feed-token',
    rules: ['gitlab_feed_token'],
    pattern: () => `feed_token=(?<token>[\\w-]{20})${END}`,
    byHand:
      'GitLab cannot look up feed tokens of this old form: its user must reset the feed token in the preferences.',
  },
  {
    id: 'agent-token',
    rules: ['gitlab_kubernetes_agent_token', 'gitlab-kubernetes-agent-token'],
    pattern: prefixed('glagent-'),
  },
  {
    id: 'trigger-token',
    rules: ['gitlab_pipeline_trigger_token', 'gitlab-ptt'],
    pattern: prefixed('glptt-'),
  },
  {
    id: 'incoming-mail-token',
    rules: ['gitlab_incoming_email_token', 'gitlab-incoming-mail-token'],
    pattern: prefixed('glimt-'),
    vanishes: true,
  },
  {
    id: 'oauth-secret',
    rules: ['gitlab_oauth_app_secret', 'gitlab-oauth-app-secret'],
    pattern: prefixed('gloas-'),
    vanishes: true,
    warning: 'Signing in through the application fails until it is given its new secret.',
  },
  {
    id: 'feature-flag-client',
    rules: ['gitlab-feature-flag-client-token'],
    pattern: prefixed('glffct-'),
    vanishes: true,
    warning: 'All feature flag clients of the project lose access until they are given the new token.',
  },
  {
    id: 'scim-token',
    rules: ['gitlab_scim_oauth_token'],
    pattern: prefixed('glsoat-'),
    vanishes: true,
    warning: 'The identity provider can no longer manage users until it is given the new token.',
  },
  {
    id: 'session',
    rules: ['gitlab-session-cookie'],
    pattern: () => '_gitlab_session\\w{0,80}=[0-9a-z]{32}(?!\\w)',
    vanishes: true,
  },
  {
    id: 'job-token',
    rules: ['gitlab_ci_build_token'],
    pattern: () => `glcbt-(?:ey[\\w-]{20,500}\\.[\\w-]{20,4000}\\.[\\w-]{20,1000}|[\\w-]{20,300})${END}`,
  },
  {
    id: 'runner-registration-token',
    rules: ['gitlab_runner_registration_token'],
    pattern: () => `GR1348941[\\w-]{20}${END}`,
    byHand:
      'Reset the runner registration token in the CI/CD settings of its project or group, or of the instance.',
  },
  {
    id: 'workspace-token',
    rules: [],
    pattern: prefixed('glwt-'),
    byHand: 'Terminate the workspace that this token belongs to.',
  },
];
