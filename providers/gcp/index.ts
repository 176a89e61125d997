/**
 * Google Cloud: keys of service accounts, API keys.
 *
 * Docs: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys,
 * https://cloud.google.com/api-keys/docs/reference/rest/v2/keys/lookupKey; checked 2026-11-28.
 *
 * - Scanners report a private key alone. Its account and id come from the file around it, and only the JSON object
 *   that holds this very key is read. What stands beside it is the committer's text: Google proves it by the certificate
 *   of the record, which is this very key's or not. `token_uri` and the other addresses in the file are never used.
 * - A signature that is refused proves no death: the address or the key id beside the key may have been altered, and
 *   Google says the same of a key that was deleted and of one that the account never had. An account that is disabled,
 *   which passes, counts as not found.
 * - A line that all key files share (`"type": "service_account"`) is no token: all leaks would be one.
 * - Access tokens that were made with a key before live on
 *   (https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys/delete, checked 2026-11-29).
 * - A key is disabled, not deleted; it dies within minutes, so the verification is repeated. So are API keys, and their
 *   time of deletion counts only when it is some minutes ago.
 * - The token endpoint says `invalid_grant` of a wrong clock, too; only its words tell a dead key.
 * - With `-` for the project, Google says 403 of what does not exist. A 403 is therefore no proof of anything.
 * - API keys are soft-deleted for 30 days. Those of web and mobile applications are public by design, so API keys
 *   are left alone unless the operator asks for it. `keys:lookupKey` takes the key in the query string only.
 * - Keys that begin with `AQ.` (express mode of Vertex AI, newer keys of Gemini) are API keys bound to a service account.
 *   Not confirmed: whether the lookup knows all of them; so they are left alone, too, unless the operator asks for it.
 */
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  Step,
  Tools,
} from '../../src/provider/provider.ts';
import { revokeApiKey, verifyApiKey } from './api-key.ts';
import { config, type GcpConfig } from './config.ts';
import { createGoogle, type Operator } from './google.ts';
import { API_KEY, EXPRESS_KEY, SERVICE_ACCOUNT_KINDS } from './kinds.ts';
import { operatorOf } from './operator.ts';
import { revokeServiceAccountKey, verifyServiceAccountKey } from './service-account-key.ts';

const ALL_KINDS = [...SERVICE_ACCOUNT_KINDS, API_KEY, EXPRESS_KEY];

export const gcp: ProviderDefinition<GcpConfig> = {
  id: 'gcp',
  title: 'Google Cloud',
  docs: 'https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the certificate of the key; API keys by value',
  proof: 'Google refuses a signature of the key that it took before; the API key has a time of deletion',
  effect: 'the key only, reversibly; access tokens that it was given before live on for an hour',
  needs: 'nothing for keys that may disable themselves; else a service account that may',
  types: [...new Set(ALL_KINDS.flatMap(({ types }) => types))],
  config,
  create,
};

function create(config: GcpConfig, tools: Tools): Provider {
  const { apiKeys, expressKeys } = config;
  const operator = operatorOf(config, tools);
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
    check: async (signal) => (operator ? [await checkOperator(operator, signal)] : []),
  };
}

function isApiKey({ kind }: Step): boolean {
  return kind === API_KEY.id || kind === EXPRESS_KEY.id;
}

function checkOperator(operator: Operator, signal: AbortSignal): Promise<CredentialCheck> {
  return checkOf(operator.name, () => operator.accessToken(signal), {
    refused:
      'Google refused the key, or the token of this workload: it is disabled, deleted or of another pool, or the clock of this machine is wrong.',
    forbidden:
      'The service account to act as has to grant the role Service Account Token Creator to the one that Quash has.',
    misconfigured:
      'There is no such service account, no metadata server with one, or no file with the token of this workload.',
  });
}
