/**
 * Slack: tokens of bots, users and app configurations, of Slack and of GovSlack.
 *
 * Docs: https://docs.slack.dev/reference/methods/auth.revoke, https://docs.slack.dev/reference/methods/auth.test and, for
 * the second host, https://api.slack-gov.com/gov-slack/about; checked 2026-11-28. That configuration tokens can be revoked
 * so is said by GitGuardian, not by Slack.
 *
 * Quirks:
 * - The status is 200 whatever happens: `ok`, `revoked` and `error` decide.
 * - Revoking a bot's token deactivates the bot user and takes it out of all channels. It does not uninstall the app.
 * - An app is uninstalled once its last token is revoked (https://docs.slack.dev/reference/events/app_uninstalled, checked
 *   2026-11-29).
 * - The tokens of a user who is deactivated are revoked for good
 *   (https://slack.com/help/articles/360000446446, checked 2026-11-29).
 * - `invalid_auth` means a token that does not exist at this host, or one whose app does not allow our address. Tokens
 *   have no length that is documented, so it proves the end only of a token that we have revoked from here before.
 * - `account_inactive` means a bot or workspace that is deactivated, which an administrator can take back.
 * - App-level tokens (`xapp-`) and webhooks have no call for it and are left out. The refresh token of an app configuration
 *   is used up: see ./refresh-tokens.ts.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { byKind, type Part } from '../../src/provider/kit/by-kind.ts';
import { alreadyInactive, refused, revoked, suspended, unknownAt } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { REFRESH_TOKEN, refreshTokens } from './refresh-tokens.ts';
import { type Says, say } from './replies.ts';

const config = z.strictObject({});

export type SlackConfig = z.output<typeof config>;

const TYPES = [
  'gitleaks_rule_id_slack_token',
  'gitleaks_rule_id_slackappconfigurationtoken',
  'gitleaks_rule_id_slack-bot-token',
  'gitleaks_rule_id_slack-user-token',
  'gitleaks_rule_id_slack-legacy-token',
  'gitleaks_rule_id_slack-legacy-bot-token',
  'gitleaks_rule_id_slack-legacy-workspace-token',
  'gitleaks_rule_id_slack-config-access-token',
];

const HOSTS = ['https://slack.com', 'https://slack-gov.com'];

/** `whole` stays open, as a refusal says nothing of a token whose app does not allow our address, either. */
const TRUST = { possession: 'by-value', places: { all: HOSTS }, whole: 'open', undo: 'no' } as const;

const KINDS: readonly TokenKind[] = [
  {
    id: 'bot-token',
    types: TYPES,
    pattern: /(?<![\w.-])(?:xoxe\.)?xoxb-[0-9A-Za-z-]{10,250}(?![\w-]|\.[A-Za-z0-9])/,
    effect: 'wider',
    warning: 'Slack also deactivates the bot user and removes it from all its channels.',
    ...TRUST,
  },
  {
    id: 'token',
    types: TYPES,
    pattern: /(?<![\w.-])(?:xoxe\.xoxp|xox[aoprs])-[0-9A-Za-z-]{10,250}(?![\w-]|\.[A-Za-z0-9])/,
    effect: 'token',
    ...TRUST,
  },
];

export const slack: ProviderDefinition<SlackConfig> = {
  id: 'slack',
  title: 'Slack',
  docs: 'https://docs.slack.dev/reference/methods/auth.revoke',
  checked: '2026-11-28',
  stability: 'stable',
  exactness: 'the token revokes itself',
  proof: 'Slack says that the token is revoked, or refuses it once it has revoked it',
  effect:
    'the token only, and its refresh token may live on; an app whose last token it was is uninstalled; a bot also leaves its channels, so its token waits for approval',
  needs: 'nothing',
  types: [...TYPES, ...REFRESH_TOKEN.types],
  config,
  create: (_, tools) => byKind([refreshTokens(tools), bearerTokens(tools)]),
};

/** What version 0.1.0 remembered once Slack had said that it revoked the token. */
const OLD_NOTE = z.object({ revoked: z.literal(true) });

const UNKNOWN =
  'Slack calls this token invalid: it is dead, or its app allows other addresses only. Look at the app in Slack, and revoke the token there if it still has it.';

const NOT_PERMITTED = refused(
  'not-permitted',
  'Slack does not let this token revoke itself: revoke it in the settings of its app or have an administrator remove the app.',
);

interface Host {
  readonly place: string;
  readonly api: Upstream;
}

function bearerTokens({ upstream }: Tools): Part {
  const hosts = HOSTS.map((place): Host => ({ place, api: upstream(`${place}/api`) }));

  /** The first host that knows the token, and what it says; undefined when none does. */
  const firstSays = async (method: 'auth.revoke' | 'auth.test', token: Secret, step: Step) => {
    for (const host of hosts) {
      const says = await say(host.api, method, token, step.signal).catch((error) => {
        throw host === hosts[0] ? error : ofEntry(error);
      });
      if (says === 'inactive' && step.seenAlive.length === 0) {
        throw suspended(host.api);
      }
      if (says !== 'invalid') return { place: host.place, says };
    }
    return undefined;
  };

  return {
    kinds: KINDS,
    async revoke(token, step) {
      if (OLD_NOTE.safeParse(step.note).success) step.sawAlive('https://slack.com');
      const first = await firstSays('auth.revoke', token, step);
      if (!first) return unknownAt(HOSTS, UNKNOWN);
      const { place, says } = first;
      if (says === 'refusing') return NOT_PERMITTED;
      if (says !== 'revoked') return alreadyInactive();
      step.sawAlive(place);
      return revoked();
    },
    async look(token, step) {
      const first = await firstSays('auth.test', token, step);
      if (!first) return unknownAt(HOSTS, UNKNOWN);
      return isAlive(first.says) ? { outcome: 'alive', evidence: { host: first.place } } : alreadyInactive();
    },
    async verify(token, step) {
      const first = await firstSays('auth.test', token, step);
      // No host knows the token: a proof only after Slack has revoked it for us.
      if (!first) return step.seenAlive.length > 0 ? 'dead' : 'unknown';
      if (first.says === 'refusing') return 'unknown';
      return isAlive(first.says) ? 'alive' : 'dead';
    },
  };
}

/** Most tokens are not of GovSlack, so one of them waits, and not the lane, while that host cannot be reached. */
function ofEntry(error: unknown): unknown {
  return error instanceof Failure ? error.ofEntry() : error;
}

function isAlive(says: Says): boolean {
  return says === 'works' || says === 'refusing';
}
