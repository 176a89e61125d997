/**
 * Google Cloud: keys of service accounts, API keys.
 *
 * Docs: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys,
 * https://cloud.google.com/api-keys/docs/reference/rest/v2/keys/lookupKey; checked 2026-11-21.
 *
 * - Scanners report a private key alone. Its account and id come from the file around it, and only the JSON object
 *   that holds this very key is read. Google then proves the account by taking a signature of the key, and the id by
 *   its certificate. `token_uri` and the other addresses in the file are never used.
 * - A line that all key files share (`"type": "service_account"`) is no token: all leaks would be one.
 * - A key is disabled, not deleted; it dies within minutes, so the verification is repeated.
 * - The token endpoint says `invalid_grant` of a wrong clock, too; only its words tell a dead key.
 * - With `-` for the project, Google says 403 of what does not exist. A 403 is therefore no proof of anything.
 * - API keys are soft-deleted for 30 days. Those of web and mobile applications are public by design, so API keys
 *   are left alone unless the operator asks for it. `keys:lookupKey` takes the key in the query string only.
 * - Keys that begin with `AQ.` (express mode of Vertex AI, newer keys of Gemini) are API keys bound to a service account.
 *   Not confirmed: whether the lookup knows all of them; so they are left alone, too, unless the operator asks for it.
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import {
  ConfigFault,
  type CredentialCheck,
  type Provider,
  type ProviderDefinition,
  type Step,
  type TokenKind,
  type Tools,
} from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { revokeApiKey, verifyApiKey } from './api-key.ts';
import { createGoogle, type Google } from './google.ts';
import { FILE, PEM, revokeServiceAccountKey, verifyServiceAccountKey } from './service-account-key.ts';
import { parseKey } from './token.ts';

const config = z.strictObject({
  credentials: secretText()
    .optional()
    .describe(
      'The JSON key of a service account with the roles Service Account Key Admin and, for API keys, API Keys Admin.',
    ),
  apiKeys: z
    .boolean()
    .default(false)
    .describe('Delete leaked API keys, too; those of web and mobile applications are public by design.'),
  expressKeys: z
    .boolean()
    .default(false)
    .describe(
      'Delete leaked keys of Vertex AI express mode and Gemini that begin with AQ., too (experimental).',
    ),
});

type GcpConfig = z.output<typeof config>;

const type = (rule: string) => `gitleaks_rule_id_${rule}`;
const SERVICE_ACCOUNT_TYPES = ['google_(gcp)_service-account', 'gcp-service-account'].map(type);
const API_KEY_TYPES = ['gcp_api_key', 'gcp-api-key', 'gcp-gemini-api'].map(type);

const SERVICE_ACCOUNT_KINDS: readonly TokenKind[] = [
  { id: 'service-account-file', types: SERVICE_ACCOUNT_TYPES, pattern: FILE, effect: 'token' },
  { id: 'service-account-key', types: SERVICE_ACCOUNT_TYPES, pattern: PEM, effect: 'token' },
];
const API_KEY: TokenKind = {
  id: 'api-key',
  types: API_KEY_TYPES,
  pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/,
  effect: 'token',
};
const EXPRESS_KEY: TokenKind = {
  id: 'express-key',
  types: ['gcpvertexexpressmodekey'].map(type),
  pattern: /(?<![\w.-])AQ\.[\w-]{50}(?![\w-])/,
  effect: 'token',
};

export const gcp: ProviderDefinition<GcpConfig> = {
  id: 'gcp',
  title: 'Google Cloud',
  docs: 'https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys',
  stability: 'beta',
  exactness: 'a signature and the certificate of the key; API keys by value',
  proof: 'Google refuses a signature of the key; the API key has a time of deletion',
  effect: 'the key only, reversibly',
  needs: 'nothing for keys that may disable themselves; else the key of a service account that may',
  types: [...SERVICE_ACCOUNT_TYPES, ...API_KEY_TYPES, ...EXPRESS_KEY.types],
  config,
  create,
};

function create({ credentials, apiKeys, expressKeys }: GcpConfig, tools: Tools): Provider {
  const operator = credentials && parseKey(credentials);
  if (credentials && !operator)
    throw new ConfigFault(['credentials'], 'expected the JSON key of a service account');
  const google = createGoogle(operator, tools);
  return {
    kinds: [
      ...SERVICE_ACCOUNT_KINDS,
      ...(operator && apiKeys ? [API_KEY] : []),
      ...(operator && expressKeys ? [EXPRESS_KEY] : []),
    ],
    revoke: (token, step) =>
      isApiKey(step) ? revokeApiKey(token, step, google) : revokeServiceAccountKey(token, step, google),
    verify: (token, step) =>
      isApiKey(step) ? verifyApiKey(token, step, google) : verifyServiceAccountKey(token, step, google),
    check: async (signal) => (operator ? [await checkOperator(operator.email, google, signal)] : []),
  };
}

function isApiKey({ kind }: Step): boolean {
  return kind === API_KEY.id || kind === EXPRESS_KEY.id;
}

function checkOperator(name: string, google: Google, signal: AbortSignal): Promise<CredentialCheck> {
  return checkOf(name, () => google.accessToken(signal), {
    refused: 'Google refused the key: it is disabled or deleted, or the clock of this machine is wrong.',
  });
}
