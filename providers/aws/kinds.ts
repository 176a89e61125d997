/** The kinds of token, how they look, and who reports them. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { KEY_ID, SECRET } from './access-key.ts';
import { PARTITIONS } from './api.ts';

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
  possession: 'signs-in',
  places: { open: 'Quash asks Bedrock only where the account that the key names is configured.' },
  whole: 'open',
  undo: 'yes',
};

/** Nothing is called for these, so nothing needs to be proven. */
const EXPIRES = {
  effect: 'token',
  possession: 'by-value',
  places: { open: 'No call revokes a temporary credential; it ends by itself.' },
  whole: 'open',
  undo: 'no',
} as const satisfies Partial<TokenKind>;

export const EXPIRING: readonly TokenKind[] = [
  {
    id: 'bedrock-short',
    types: SHORT_TYPES,
    pattern: /(?<![\w-])bedrock-api-key-[A-Za-z0-9+/_-]{40,8000}={0,2}(?![A-Za-z0-9+/=_-])/,
    ...EXPIRES,
  },
  {
    id: 'session-key-id',
    types: KEY_TYPES,
    pattern: /(?<![A-Za-z0-9])ASIA[A-Z0-9]{16}(?![A-Za-z0-9])/,
    ...EXPIRES,
    whole: 'exact',
  },
  {
    id: 'session-token',
    types: SESSION_TYPES,
    // A word in capitals at its beginning is a mask.
    pattern: /(?<![A-Za-z0-9+/])(?!REMOVED)[A-Za-z0-9+/]{100,8000}={0,2}(?![A-Za-z0-9+/=])/,
    ...EXPIRES,
  },
];

export function keyKinds(quarantine: boolean): readonly TokenKind[] {
  const warning = 'All other credentials of the user are restricted by a quarantine policy, too.';
  const effect = quarantine ? ({ effect: 'wider', warning } as const) : ({ effect: 'token' } as const);
  const common = { possession: 'signs-in', whole: 'exact', undo: 'yes', ...effect } as const;
  const id = 'access-key-id';
  const secret = 'secret-access-key';
  return [
    {
      id,
      types: KEY_TYPES,
      pattern: KEY_ID,
      pairsWith: [secret],
      places: { all: PARTITIONS },
      ...common,
    },
    {
      id: secret,
      types: SECRET_TYPES,
      pattern: SECRET,
      pairsWith: [id],
      places: { open: 'A secret works with its own key id alone, which may be another than those near it.' },
      ...common,
    },
  ];
}
