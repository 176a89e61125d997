/** The kinds of token, how they look, and who may revoke them. */
import { endsInChecksum } from '../../src/provider/kit/checksum.ts';
import type { BatchItem, TokenKind } from '../../src/provider/provider.ts';

const BODY = '[A-Za-z0-9]{36,76}';
const RULE = 'gitleaks_rule_id_';

/** GitLab's rule "Github App Token" finds the tokens of users (`ghu_`) and those of installations (`ghs_`). */
const APP_TOKEN = [`${RULE}github_app_token`, `${RULE}github-app-token`];

/** A JWT inside has no such checksum, so that form is never surely whole. */
const isChecked = (token: string) => endsInChecksum(token.slice('gh?_'.length));

export const INSTALLATION = 'installation-token';

export const KINDS: readonly TokenKind[] = [
  kind('personal-access-token', `ghp_${BODY}`, isChecked, [
    `${RULE}github_personal_access_token`,
    `${RULE}github-pat`,
  ]),
  kind('fine-grained-token', 'github_pat_[A-Za-z0-9_]{82}', 'exact', [
    `${RULE}githubfinegrainedpersonalaccesstoken`,
    `${RULE}github-fine-grained-pat`,
  ]),
  kind('oauth-token', `gho_${BODY}`, isChecked, [`${RULE}github_oauth_access_token`, `${RULE}github-oauth`]),
  kind('app-user-token', `ghu_${BODY}`, isChecked, APP_TOKEN),
  // Either short, or with a JWT of some 500 characters inside.
  kind(
    INSTALLATION,
    `ghs_(?:${BODY}|\\d{1,20}_[\\w-]{10,999}\\.[\\w-]{10,999}\\.[\\w-]{10,999})`,
    isChecked,
    [...APP_TOKEN, `${RULE}githubappinstallationtoken`],
  ),
  kind('refresh-token', `ghr_${BODY}`, isChecked, [
    `${RULE}github_refresh_token`,
    `${RULE}github-refresh-token`,
  ]),
];

/** The tokens of OAuth apps and of GitHub Apps that act for a user: their app can delete them. */
export const OF_APPS: ReadonlySet<string> = new Set(['oauth-token', 'app-user-token']);

/** What GitHub Enterprise Server revokes by value. */
export const OF_SERVERS: ReadonlySet<string> = new Set(['personal-access-token', 'fine-grained-token']);

/** How sure it is a token by its looks: most kinds end in a checksum. The surest first. */
export const SOUNDNESS = ['checked', 'open', 'odd'] as const;

export function soundnessOf({ token, step }: BatchItem): (typeof SOUNDNESS)[number] {
  const { whole } = KINDS.find(({ id }) => id === step.kind) ?? {};
  if (typeof whole !== 'function') return 'open';
  return whole(token.reveal()) ? 'checked' : 'odd';
}

function kind(
  id: string,
  token: string,
  whole: NonNullable<TokenKind['whole']>,
  types: readonly string[],
): TokenKind {
  return {
    id,
    types,
    pattern: new RegExp(`(?<!\\w)${token}(?!\\w)`),
    effect: 'token',
    possession: 'by-value',
    places: {
      open: 'Enterprise Servers and subdomains of GHE.com, which may not be configured, have tokens of the same look.',
    },
    whole,
    undo: 'no',
  };
}
