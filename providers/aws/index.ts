/**
 * Amazon Web Services: access keys of IAM users, API keys of Bedrock, temporary credentials.
 *
 * Docs: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html, API_GetAccessKeyLastUsed,
 * API_ListServiceSpecificCredentials, API_UpdateServiceSpecificCredential; STS API_GetAccessKeyInfo and
 * API_GetCallerIdentity; checked 2026-11-21.
 *
 * - IAM and STS document XML and answer JSON where it is accepted, which common clients rely on. An error that comes
 *   as XML is read, too; any other answer is no answer.
 * - STS looks at the key id before the signature: `SignatureDoesNotMatch` is said of an active id alone,
 *   `InvalidClientTokenId` of one that is inactive, deleted or of another partition. So every partition is asked,
 *   and only the same answer of them all shows that a key is dead. No right is needed, and no secret leaves. The
 *   isolated partitions are networks of their own: nothing that is in use there is found here.
 * - A secret that is its id's own is refused as a wrong one when another was tried with that id less than five seconds
 *   before, mostly also when it is sent again at once (trufflesecurity/trufflehog, pkg/detectors/aws/session_keys and pull
 *   requests 1563 and 3907, 2026-11-30). So before a person is told, each is tried alone.
 * - A key is not known for some seconds after it was made (aws/aws-sdk-js#559, cert-manager/aws-privateca-issuer#408), nor
 *   everywhere at once (boto/botocore#3600, treeverse/lakeFS#4129, 2026-11-30). So an id that no partition knows is asked about
 *   once more before it counts as dead, and so is one that was known a moment before.
 * - An id alone is public, so a key is deactivated for the secret that was found with it, or after an approval.
 * - IAM is eventually consistent: for some seconds a deactivated key still works. The verification is repeated.
 * - A key is deactivated, never deleted: it is as dead, and its owner can still be asked for it.
 * - Keys of the root user are in no user's list. They are left to a person.
 * - A Bedrock key holds its alias in Base64 before a colon. The alias is public and that layout is not documented: a key
 *   is acted on when it opens Bedrock, its secret with another alias does not, and its alias is equal to the one in IAM's
 *   list.
 * - Our own credential need not be a key: see `credentials.ts`. What AWS's own packages for that weigh, and that each has
 *   an HTTP client of its own, past proxy, limits and address guard, is more than these few calls.
 * - Temporary credentials and short-term Bedrock keys cannot be revoked one by one; they end after 36 or 12 hours.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { Provider, ProviderDefinition, Step, Tools } from '../../src/provider/provider.ts';
import { lookAtKeyId, revokeKeyId, verifyKeyId } from './access-key.ts';
import { createCall } from './api.ts';
import { lookAtBedrockKey, revokeBedrockKey, verifyBedrockKey } from './bedrock.ts';
import { type AwsConfig, config } from './config.ts';
import { fixedKey, ofWorkload } from './credentials.ts';
import {
  BEDROCK_LONG,
  EXPIRING,
  KEY_TYPES,
  keyKinds,
  LONG_TYPES,
  SECRET_TYPES,
  SESSION_TYPES,
  SHORT_TYPES,
} from './kinds.ts';
import { type Account, checkAccount } from './operator.ts';
import { lookAtSecret, revokeSecret, verifySecret } from './secret-key.ts';
import type { AccessKeys } from './sight.ts';

export const aws: ProviderDefinition<AwsConfig> = {
  id: 'aws',
  title: 'Amazon Web Services',
  docs: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html',
  checked: '2026-11-28',
  stability: 'beta',
  exactness:
    'by the key id that the secret signs for; an id alone waits for approval; Bedrock keys open Bedrock first',
  proof: 'STS says of the key id that it is not active; Bedrock does not let its key in',
  effect: 'the key only, reversibly; the option `quarantine` restricts its user, too',
  needs:
    'nothing for a key that leaked together with its secret; for all others a role of each account, or an access key',
  types: [...KEY_TYPES, ...SECRET_TYPES, ...SESSION_TYPES, ...LONG_TYPES, ...SHORT_TYPES],
  config,
  create,
};

type Method = Required<Pick<Provider, 'revoke' | 'look' | 'verify'>>;

function create({ accounts: given, partitions, quarantine }: AwsConfig, tools: Tools): Provider {
  const call = createCall(tools);
  const accounts = given.map((account) => ({
    ...account,
    credentials: fixedKey(account) ?? ofWorkload(account.partition, call, tools),
  }));
  const keys: AccessKeys = { call, accounts, partitions, quarantine, log: tools.log };
  const bedrock = { accounts, call, upstream: tools.upstream };
  const methods: Readonly<Record<string, Method>> = {
    'access-key-id': {
      revoke: (token, step) => revokeKeyId(token, step, keys),
      look: (token, step) => lookAtKeyId(token, step, keys),
      verify: (token, step) => verifyKeyId(token, step, keys),
    },
    'secret-access-key': {
      revoke: (token, step) => revokeSecret(token, step, keys),
      look: (token, step) => lookAtSecret(token, step, keys),
      verify: (_token, step) => verifySecret(step, keys),
    },
    'bedrock-long': {
      revoke: (token, step) => revokeBedrockKey(token, step, bedrock),
      look: (token, step) => lookAtBedrockKey(token, step, bedrock),
      verify: (token, step) => verifyBedrockKey(token, step, bedrock),
    },
  };
  const of = ({ kind }: Step): Method => methods[kind] ?? EXPIRES;
  return {
    kinds: [...(accounts.length > 0 ? [BEDROCK_LONG] : []), ...EXPIRING, ...keyKinds(quarantine)],
    revoke: (token, step) => sparingTheLane(accounts, () => of(step).revoke(token, step)),
    look: (token, step) => sparingTheLane(accounts, () => of(step).look(token, step)),
    verify: (token, step) => sparingTheLane(accounts, () => of(step).verify(token, step)),
    check: (signal) => Promise.all(accounts.map((account) => checkAccount(account, call, signal))),
  };
}

const EXPIRES: Method = {
  revoke: async () => ({ outcome: 'expires' }),
  look: async () => ({ outcome: 'expires' }),
  verify: async () => 'unknown',
};

/** With several accounts, a credential that is refused in one must not stop the work in the others. */
async function sparingTheLane<T>(accounts: readonly Account[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || !OURS.has(error.code)) throw error;
    // The role that a workload has may be another one by the next try.
    for (const { credentials } of accounts) credentials.forget();
    throw accounts.length < 2 ? error : error.ofEntry();
  }
}

const OURS: ReadonlySet<Failure['code']> = new Set(['credential-refused', 'permission-missing']);
