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
 *   and only the same answer of them all shows that a key is dead. No right is needed, and no secret leaves. Isolated
 *   and sovereign partitions are not asked.
 * - IAM is eventually consistent: for some seconds a deactivated key still works. The verification is repeated.
 * - A key is deactivated, never deleted: it is as dead, and its owner can still be asked for it.
 * - Keys of the root user are in no user's list. They are left to a person.
 * - A Bedrock key holds its alias in Base64 before a colon. That layout is not documented: only an alias that is
 *   equal to the one in IAM's list is acted on.
 * - Temporary credentials and short-term Bedrock keys cannot be revoked one by one; they end after 36 or 12 hours.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { revokeKeyId, revokeSecret, verifyKeyId, verifySecret } from './access-key.ts';
import { createCall, PARTITIONS } from './api.ts';
import { revokeBedrockKey, verifyBedrockKey } from './bedrock.ts';
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
import { checkAccount } from './operator.ts';
import type { AccessKeys } from './sight.ts';

const partition = z.enum(PARTITIONS);

const config = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        accountId: z
          .string()
          .regex(/^\d{12}$/, 'expected 12 digits')
          .optional()
          .describe('The account to act in; default is that of the role or of the access key.'),
        accessKeyId: z
          .string()
          .regex(/^(?:AKIA|ASIA)[A-Z0-9]{16}$/, 'expected an access key id')
          .describe(
            'Of a user with sts:GetAccessKeyInfo and the rights to find, list and update access keys in IAM.',
          ),
        secretAccessKey: secretText().describe('Its secret.'),
        sessionToken: secretText().optional().describe('For temporary credentials.'),
        partition: partition.default('aws').describe('The partition of the account.'),
        assumeRoleArn: z
          .string()
          .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'expected the ARN of a role')
          .optional()
          .describe('A role to act as, which may be in another account.'),
      }),
    )
    .default([])
    .describe(
      'Accounts in which keys are deactivated by a credential of yours; without one a key needs its secret.',
    ),
  partitions: z
    .array(partition)
    .min(1)
    .default([...PARTITIONS])
    .describe('Where leaked keys may be from; a key that is active in none of them is dead.'),
  quarantine: z
    .boolean()
    .default(false)
    .describe(
      'Also attach AWSCompromisedKeyQuarantineV3 to the user of a key; as that restricts the user, keys then wait for approval unless `mode` is set.',
    ),
});

type AwsConfig = z.output<typeof config>;

export const aws: ProviderDefinition<AwsConfig> = {
  id: 'aws',
  title: 'Amazon Web Services',
  docs: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html',
  stability: 'beta',
  exactness: 'by the key id, which must be in the list of its user or prove itself with its secret',
  proof: 'STS says of the key id that it is not active',
  effect: 'the key only, reversibly; the option `quarantine` restricts its user, too',
  needs:
    'nothing for a key that leaked together with its secret; for all others an access key of each account',
  types: [...KEY_TYPES, ...SECRET_TYPES, ...SESSION_TYPES, ...LONG_TYPES, ...SHORT_TYPES],
  config,
  create,
};

function create({ accounts, partitions, quarantine }: AwsConfig, tools: Tools): Provider {
  const call = createCall(tools);
  const keys: AccessKeys = { call, accounts, partitions, quarantine, log: tools.log };
  return {
    kinds: [...(accounts.length > 0 ? [BEDROCK_LONG] : []), ...EXPIRING, ...keyKinds(quarantine)],
    revoke: (token, step) =>
      sparingTheLane(accounts.length, async () => {
        switch (step.kind) {
          case 'access-key-id':
            return revokeKeyId(token, step, keys);
          case 'secret-access-key':
            return revokeSecret(token, step, keys);
          case 'bedrock-long':
            return revokeBedrockKey(token, step, accounts, call);
          default:
            return { outcome: 'expires' };
        }
      }),
    verify: (token, step) =>
      sparingTheLane(accounts.length, async () => {
        switch (step.kind) {
          case 'access-key-id':
            return verifyKeyId(token, step, keys);
          case 'secret-access-key':
            return verifySecret(step, keys);
          case 'bedrock-long':
            return verifyBedrockKey(token, step, accounts, call);
          default:
            return 'unknown';
        }
      }),
    check: (signal) => Promise.all(accounts.map((account) => checkAccount(account, call, signal))),
  };
}

/** With several accounts, a credential that is refused in one must not stop the work in the others. */
async function sparingTheLane<T>(accounts: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure) || accounts < 2 || !OURS.has(error.code)) throw error;
    throw error.ofEntry();
  }
}

const OURS: ReadonlySet<Failure['code']> = new Set(['credential-refused', 'permission-missing']);
