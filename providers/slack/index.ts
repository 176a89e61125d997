/**
 * Slack: tokens of bots, users and app configurations.
 *
 * Docs: https://docs.slack.dev/reference/methods/auth.revoke, https://docs.slack.dev/reference/methods/auth.test;
 * checked 2026-11-21. That configuration tokens can be revoked so is said by GitGuardian, not by Slack.
 *
 * Quirks:
 * - The status is 200 whatever happens: `ok`, `revoked` and `error` decide.
 * - Revoking a bot's token deactivates the bot user and takes it out of all channels. It does not uninstall the app.
 * - `invalid_auth` means a token that does not exist, or one whose app does not allow our address. It proves the end
 *   only of a token that we have revoked from here before; otherwise it is a case for a person.
 * - App-level tokens (`xapp-`), refresh tokens (`xoxe-1-`) and webhooks have no call for it and are left out.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type {
  Liveness,
  Provider,
  ProviderDefinition,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { DEAD, PASSING, REFUSING, REPLY } from './replies.ts';

const config = z.strictObject({
  unknownTokens: z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe(
      'What a token is that Slack calls invalid: a case for a person, as its app may not allow our address, or one that is dead already.',
    ),
});

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

const KINDS: readonly TokenKind[] = [
  {
    id: 'bot-token',
    types: TYPES,
    pattern: /(?<![\w.-])(?:xoxe\.)?xoxb-[0-9A-Za-z-]{10,250}(?![\w-])/,
    effect: 'wider',
    warning: 'Slack also deactivates the bot user and removes it from all its channels.',
  },
  {
    id: 'token',
    types: TYPES,
    pattern: /(?<![\w.-])(?:xoxe\.xoxp|xox[aoprs])-[0-9A-Za-z-]{10,250}(?![\w-])/,
    effect: 'token',
  },
];

export const slack: ProviderDefinition<SlackConfig> = {
  id: 'slack',
  title: 'Slack',
  docs: 'https://docs.slack.dev/reference/methods/auth.revoke',
  stability: 'stable',
  exactness: 'the token revokes itself',
  proof: 'Slack refuses the token',
  effect: 'the token only; a bot also leaves its channels, so its token waits for approval',
  needs: 'nothing',
  types: TYPES,
  config,
  create,
};

/** What is remembered: Slack said that it revoked this token. */
const NOTE = z.object({ revoked: z.literal(true) });

function create({ unknownTokens }: SlackConfig, { upstream }: Tools): Provider {
  const api = upstream('https://slack.com/api');

  const call = async (method: 'auth.revoke' | 'auth.test', token: Secret, { signal }: Step) => {
    const answer = await api.request({
      method: 'POST',
      path: `/${method}`,
      headers: { authorization: bearer(token) },
      form: {},
      statuses: [200],
      signal,
    });
    const reply = answer.json(REPLY);
    if (PASSING.has(reply.error ?? ''))
      throw new Failure('unavailable', { scope: 'entry', target: api.base });
    return { reply, fault: () => unexpected(api, answer) };
  };

  return {
    kinds: KINDS,
    async revoke(token, step) {
      const { reply, fault } = await call('auth.revoke', token, step);
      const { error = '' } = reply;
      if (reply.ok && reply.revoked === true) {
        step.remember({ revoked: true });
        return revoked();
      }
      if (reply.ok) throw fault();
      if (DEAD.has(error) || (error === 'invalid_auth' && wasRevoked(step))) return alreadyInactive();
      if (error === 'invalid_auth') return unknownTokens === 'inactive' ? TAKEN_FOR_DEAD : UNKNOWN;
      if (REFUSING.has(error)) return NOT_PERMITTED;
      throw fault();
    },
    async verify(token, step): Promise<Liveness> {
      const { reply, fault } = await call('auth.test', token, step);
      const { error = '' } = reply;
      if (reply.ok) return 'alive';
      if (DEAD.has(error)) return 'dead';
      if (error === 'invalid_auth') return wasRevoked(step) ? 'dead' : 'unknown';
      if (REFUSING.has(error)) return 'unknown';
      throw fault();
    },
  };
}

function wasRevoked(step: Step): boolean {
  return NOTE.safeParse(step.note).success;
}

const TAKEN_FOR_DEAD = { outcome: 'already-inactive', proven: false } as const;

const UNKNOWN = refused(
  'unknown-token',
  'Slack calls this token invalid: it is dead, or its app allows other addresses only. Look at the app in Slack, then dismiss this entry.',
);

const NOT_PERMITTED = refused(
  'not-permitted',
  'Slack does not let this token revoke itself: revoke it in the settings of its app or have an administrator remove the app.',
);
