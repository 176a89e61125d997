/** The halves of an access key, and who reports them. */
import type { TokenKind } from '../../src/provider/provider.ts';

const COMMON = {
  possession: 'signs-in',
  places: { open: 'Saudi Arabia and private installations have services of their own, which are not asked.' },
  undo: 'yes',
} as const satisfies Partial<TokenKind>;

export const KEY_ID: TokenKind = {
  id: 'access-key-id',
  types: ['gitleaks_rule_id_alibaba_accesskey_id', 'gitleaks_rule_id_alibaba-access-key-id'],
  pattern: /(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])/,
  whole: 'open',
  effect: 'token',
  ...COMMON,
  pairsWith: ['access-key-secret'],
};
export const KEY_SECRET: TokenKind = {
  id: 'access-key-secret',
  types: ['gitleaks_rule_id_alibaba_secret_key', 'gitleaks_rule_id_alibaba-secret-key'],
  // A word in capitals at its beginning is a mask.
  pattern: /(?<![A-Za-z0-9])(?!REMOVED)[A-Za-z0-9]{30}(?![A-Za-z0-9])/,
  whole: 'exact',
  effect: 'token',
  ...COMMON,
  pairsWith: ['access-key-id'],
};
