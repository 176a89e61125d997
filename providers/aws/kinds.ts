/** The kinds of token, how they look, and who reports them. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { KEY_ID, SECRET } from './access-key.ts';

const type = (rule: string) => `gitleaks_rule_id_${rule}`;
export const KEY_TYPES = ['aws', 'aws-access-token'].map(type);
export const SECRET_TYPES = ['awssecretaccesskey', 'aws-secret-access-key'].map(type);
export const SESSION_TYPES = ['awssessiontoken'].map(type);
export const LONG_TYPES = ['awsbedrockkey', 'aws-amazon-bedrock-api-key-long-lived'].map(type);
export const SHORT_TYPES = ['awsbedrockshortlivedkey', 'aws-amazon-bedrock-api-key-short-lived'].map(type);

export const BEDROCK_LONG: TokenKind = {
  id: 'bedrock-long',
  types: LONG_TYPES,
  pattern: /(?<![A-Za-z0-9+/])ABSK[A-Za-z0-9+/]{60,300}={0,2}(?![A-Za-z0-9+/=])/,
  effect: 'token',
};
export const EXPIRING: readonly TokenKind[] = [
  {
    id: 'bedrock-short',
    types: SHORT_TYPES,
    pattern: /(?<![\w-])bedrock-api-key-[A-Za-z0-9+/_-]{40,8000}={0,2}(?![A-Za-z0-9+/=_-])/,
    effect: 'token',
  },
  {
    id: 'session-key-id',
    types: KEY_TYPES,
    pattern: /(?<![A-Za-z0-9])ASIA[A-Z0-9]{16}(?![A-Za-z0-9])/,
    effect: 'token',
  },
  {
    id: 'session-token',
    types: SESSION_TYPES,
    pattern: /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{100,8000}={0,2}(?![A-Za-z0-9+/=])/,
    effect: 'token',
  },
];

export function keyKinds(quarantine: boolean): readonly TokenKind[] {
  const warning = 'All other credentials of the user are restricted by a quarantine policy, too.';
  const effect = quarantine ? ({ effect: 'wider', warning } as const) : ({ effect: 'token' } as const);
  const id = 'access-key-id';
  const secret = 'secret-access-key';
  return [
    { id, types: KEY_TYPES, pattern: KEY_ID, pairsWith: [secret], ...effect },
    { id: secret, types: SECRET_TYPES, pattern: SECRET, pairsWith: [id], ...effect },
  ];
}
