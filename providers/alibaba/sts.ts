/**
 * Temporary credentials of the Security Token Service (STS).
 *
 * Docs: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole
 *
 * - They end by themselves after twelve hours at most, and no call ends them before. So nothing is asked.
 */
import type { Part } from '../../src/provider/kit/by-kind.ts';
import type { TokenKind } from '../../src/provider/provider.ts';

const COMMON = {
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Nothing is asked: they end by themselves.' },
  whole: 'open',
  undo: 'no',
} as const satisfies Partial<TokenKind>;

export const STS_SECRET: TokenKind = {
  id: 'sts-secret',
  types: ['gitleaks_rule_id_alibaba-sts-access-key-secret'],
  // Longer than the secret of a key that lasts, which has 30 characters.
  pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{40,48}(?![A-Za-z0-9])/,
  ownTypesOnly: true,
  ...COMMON,
};
export const STS_TOKEN: TokenKind = {
  id: 'sts-token',
  types: ['gitleaks_rule_id_alibaba-sts-security-token'],
  pattern: /(?<![\w+/-])CAIS[\w+/-]{60,1500}={0,2}(?![\w+/=-])/,
  ...COMMON,
};

export const temporary: Part = {
  kinds: [STS_SECRET, STS_TOKEN],
  revoke: async () => ({ outcome: 'expires' }),
  look: async () => ({ outcome: 'expires' }),
  verify: async () => 'unknown',
};
