/** Every kind of GitLab token that is sent to an instance, how it looks, and who reports it. */
import type { TokenKind } from '../../src/provider/provider.ts';
import {
  bareAccessToken,
  body,
  END,
  escaped,
  isWholeMailToken,
  isWholeRoutable,
  MAIL_TOKEN,
  type Prefixes,
  TWENTY,
} from './forms.ts';

export interface KindFacts extends Pick<TokenKind, 'id' | 'warning' | 'whole' | 'ownTypesOnly'> {
  /** Rule ids of GitLab, then those of gitleaks. */
  readonly rules: readonly string[];
  /** What every token of the kind begins with, behind the instance's own prefix. */
  readonly prefix?: string;
  /** Regular expression after the instance's own prefix. */
  readonly pattern: (prefixes: Prefixes) => string;
  /** Works without an administrator's token. */
  readonly selfService?: true;
  /** The revocation deletes the record: GitLab does not know the token afterwards. */
  readonly vanishes?: true;
  /** Only where the administrators of an instance have cleared the prefix. */
  readonly bare?: true;
}

const RUNNER_RULES = [
  'gitlab_runner_auth_token',
  'gitlab_runner_auth_token_routable',
  'gitlab-runner-authentication-token',
];
const ACCESS_TOKEN_RULES = [
  'gitlab_personal_access_token',
  'gitlab_personal_access_token_routable',
  'gitlab_personal_access_token_routable_versioned',
  'gitlab-pat',
  'gitlab-pat-routable',
];
const RUNNER_WARNING = 'The runner goes offline until it is given its new token.';

export const twenty = (prefix: string) =>
  ({ prefix, pattern: () => prefix + body(TWENTY), whole: isWholeRoutable }) as const;
const hex = (prefix: string, length: number) =>
  ({ prefix, pattern: () => `${prefix}[0-9a-f]{${length}}${END}`, whole: 'exact' }) as const;

/** In this order; the first kind that matches decides. */
export const KINDS: readonly KindFacts[] = [
  {
    ...twenty('glpat-'),
    id: 'personal-access-token',
    rules: ACCESS_TOKEN_RULES,
    pattern: ({ personalAccessToken }) =>
      `(?:${['glpat-', ...personalAccessToken.filter(Boolean).map(escaped)].join('|')})${body(TWENTY)}`,
    selfService: true,
  },
  {
    ...twenty('glrtr-'),
    id: 'legacy-runner',
    rules: RUNNER_RULES,
    // From 17.5 to 17.10 a runner that was registered got no other prefix than its type.
    pattern: () => `(?:glrtr-|t[123]_)${body(TWENTY)}`,
    vanishes: true,
    warning: RUNNER_WARNING,
    selfService: true,
  },
  {
    ...twenty('glrt-'),
    id: 'runner',
    rules: RUNNER_RULES,
    // The type does not count for the length, and rules that count it cut the token.
    pattern: () => `glrt-(?:t\\d_|(?!t\\d_))${body(TWENTY)}`,
    vanishes: true,
    warning: RUNNER_WARNING,
    selfService: true,
  },
  { ...twenty('gldt-'), id: 'deploy-token', rules: ['gitlab_deploy_token', 'gitlab-deploy-token'] },
  {
    ...twenty('glft-'),
    id: 'feed-token',
    rules: ['gitlab_feed_token_v2', 'gitlab-feed-token'],
    vanishes: true,
  },
  {
    ...twenty('glagent-'),
    id: 'agent-token',
    rules: ['gitlab_kubernetes_agent_token', 'gitlab-kubernetes-agent-token'],
    pattern: () => `glagent-${body('[\\w-]{50}')}`,
  },
  {
    ...hex('glptt-', 40),
    id: 'trigger-token',
    rules: ['gitlab_pipeline_trigger_token', 'gitlab-ptt'],
    vanishes: true,
  },
  {
    id: 'incoming-mail-token',
    rules: ['gitlab_incoming_email_token', 'gitlab-incoming-mail-token'],
    prefix: 'glimt-',
    pattern: () => `glimt-${MAIL_TOKEN}`,
    whole: isWholeMailToken,
    vanishes: true,
  },
  {
    ...hex('gloas-', 64),
    id: 'oauth-secret',
    rules: ['gitlab_oauth_app_secret', 'gitlab-oauth-app-secret'],
    vanishes: true,
    warning: 'Signing in through the application fails until it is given its new secret.',
  },
  {
    ...twenty('glffct-'),
    id: 'feature-flag-client',
    rules: ['gitlab-feature-flag-client-token'],
    vanishes: true,
    warning: 'All feature flag clients of the project lose access until they are given the new token.',
  },
  {
    ...twenty('glsoat-'),
    id: 'scim-token',
    rules: ['gitlab_scim_oauth_token'],
    vanishes: true,
    warning: 'The identity provider can no longer manage users until it is given the new token.',
  },
  {
    id: 'session',
    rules: ['gitlab-session-cookie'],
    pattern: () => '_gitlab_session\\w{0,80}=[0-9a-z]{32}(?![\\w-])',
    whole: 'exact',
    vanishes: true,
  },
  {
    id: 'job-token',
    rules: ['gitlab_ci_build_token'],
    pattern: () => `glcbt-(?:ey[\\w-]{20,500}\\.[\\w-]{20,4000}\\.[\\w-]{20,1000}|[\\w-]{20,300})${END}`,
    whole: 'open',
  },
  {
    id: 'bare-access-token',
    rules: ACCESS_TOKEN_RULES,
    pattern: bareAccessToken,
    whole: isWholeRoutable,
    ownTypesOnly: true,
    selfService: true,
    bare: true,
  },
];
