/** The kinds of token, and where they are known. */
import type { TokenKind } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Credential } from './config.ts';

/** The path below which a token is known. */
export const USER_HOME = '/client/v4/user/tokens';
const USERS = 'users of Cloudflare';

export function homeOf({ accountId }: Pick<Credential, 'accountId'>): string {
  return accountId === undefined ? USER_HOME : `/client/v4/accounts/${accountId}/tokens`;
}

/** As it is shown, and as the kinds' places name it. */
export function placeOf(home: string): string {
  return home === USER_HOME ? USERS : `account ${home.split('/').at(-2)}`;
}

const TYPES = ['gitleaks_rule_id_cloudflare-api-key'];

/** 40 characters and 8 hex digits, so that what was cut is no whole token. */
const whole = (token: string) => /^(?:cf[ua]t_[\w-]{40}[0-9a-f]{8}|[\w-]{40})$/.test(token);

export const USER_TOKEN: TokenKind = {
  id: 'user-token',
  types: TYPES,
  pattern: /(?<![\w-])cfut_[\w-]{40,64}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'The Cloudflare of FedRAMP High has users of its own, who are not asked about.' },
  whole,
  undo: 'no',
};

/** An account's, or an older one that does not say whose it is. */
export const API_TOKEN: TokenKind = {
  id: 'api-token',
  types: TYPES,
  pattern: /(?<![\w-])(?:cf[ua]t_[\w-]{40,64}|(?!cf[ua]t_|cfk_)[\w-]{40})(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'The token of an account is known to that account alone; the configured ones are asked.' },
  whole,
  undo: 'no',
};

export function homesOf(token: Secret, accounts: readonly string[]): readonly string[] {
  if (token.reveal().startsWith('cfut_')) return [USER_HOME];
  return token.reveal().startsWith('cfat_') ? accounts : [USER_HOME, ...accounts];
}
