/** The kinds of key, and how they look. */
import { createPrivateKey } from 'node:crypto';
import type { TokenKind } from '../../src/provider/provider.ts';
import { canonicalPem, FILE, PEM } from './key-file.ts';

const type = (rule: string) => `gitleaks_rule_id_${rule}`;
const SERVICE_ACCOUNT_TYPES = ['google_(gcp)_service-account', 'gcp-service-account'].map(type);

/** Google runs clouds that share nothing with the public one; only the public one is asked. */
const places = { open: 'Sovereign clouds of other universes of Google have keys of the same look.' };

const shared = { effect: 'token', places, undo: 'yes' } as const;

export const SERVICE_ACCOUNT_KINDS: readonly TokenKind[] = [
  {
    id: 'service-account-file',
    types: SERVICE_ACCOUNT_TYPES,
    pattern: FILE,
    ...shared,
    possession: 'listed-whole',
    whole: isJson,
  },
  {
    id: 'service-account-key',
    types: SERVICE_ACCOUNT_TYPES,
    pattern: PEM,
    canonical: canonicalPem,
    ...shared,
    possession: 'listed-whole',
    whole: isPrivateKey,
  },
];

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gcp_api_key', 'gcp-api-key', 'gcp-gemini-api'].map(type),
  pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/,
  ...shared,
  possession: 'listed-whole',
  whole: 'exact',
};

export const EXPRESS_KEY: TokenKind = {
  id: 'express-key',
  types: ['gcpvertexexpressmodekey'].map(type),
  pattern: /(?<![\w.-])AQ\.[\w-]{50}(?![\w-])/,
  ...shared,
  possession: 'listed-whole',
  whole: 'exact',
};

function isJson(text: string): boolean {
  try {
    return isPrivateKey(JSON.parse(text).private_key);
  } catch {
    return false;
  }
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text.replace(/\\+n/g, '\n').replace(/\\+r/g, ''));
    return true;
  } catch {
    return false;
  }
}
