/**
 * Webhook signing keys.
 *
 * Docs: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/account-management
 *
 * - An account has one, which a call shows in full; it is regenerated, after which the old one signs nothing. Without
 *   any, the call fails (400 or 404). Subaccounts have keys of their own: not covered.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { connect, type MailgunAccount, MESSAGE } from './account.ts';

export const SIGNING_KEY: TokenKind = {
  id: 'webhook-signing-key',
  types: ['gitleaks_rule_id_mailgun_webhook_signing_key'],
  pattern: /(?<![\w-])(?:(?:key-)?[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![\w-])/,
  effect: 'wider',
  possession: 'listed-whole',
  places: { open: 'Any account or subaccount of Mailgun may have this key.' },
  // The longest form begins like the shortest one.
  whole: 'open',
  undo: 'no',
  warning:
    'The account has one signing key: it is regenerated, so all receivers of its webhooks need the new one.',
};

const SIGNING_PATH = '/v5/accounts/http_signing_key';
const SIGNING = z.object({ http_signing_key: z.string() });
const FOUND = 'http-signing-key';

export function signingAccount(account: MailgunAccount, tools: Tools): Account<string> {
  const { call } = connect(account, tools);
  /** Undefined when the account has no signing key. */
  const isCurrent = async (token: Secret, signal: AbortSignal): Promise<boolean | undefined> => {
    const statuses = [200, 400, 404];
    const answer = await call({ method: 'GET', path: SIGNING_PATH, statuses, signal });
    if (answer.status === 200) return isAmong([answer.json(SIGNING).http_signing_key], token);
    answer.json(MESSAGE);
    return undefined;
  };
  return {
    name: account.name,
    seenWith: credentialMark(account.apiKey),
    async look(token, { signal }, known) {
      const current = await isCurrent(token, signal);
      // Whether it still signs is not said.
      if (current === undefined && known) throw new Failure('unexpected-answer', { target: account.name });
      return current ? { state: 'alive', found: FOUND, by: 'listed-whole' } : { state: 'absent' };
    },
    async revoke(_found, _token, { signal }) {
      const answer = await call({ method: 'POST', path: SIGNING_PATH, statuses: [200, 201], signal });
      answer.json(SIGNING);
      return revoked();
    },
    async verify(_found, token, { signal }) {
      const current = await isCurrent(token, signal);
      if (current === undefined) return 'unknown';
      return current ? 'alive' : 'dead';
    },
  };
}
