/**
 * What the operator's credential of an account does there: a key of the configuration, or the role that a cluster gives to
 * its Pods (RRSA).
 *
 * Docs: https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-updateaccesskey,
 * https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerolewithoidc; checked 2026-11-29.
 *
 * - RAM takes the name of the user, which stands in the ARN of whoever signs; a key of the account itself has none.
 * - Of AssumeRoleWithOIDC the token alone goes into the body. The call is not signed.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import { secondsUntil } from '../../src/provider/kit/server-time.ts';
import type { CredentialCheck, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Call, RAM, type Reply, STS } from './api.ts';
import type { AlibabaConfig } from './config.ts';
import type { KeyPair } from './sign.ts';

export interface Account {
  readonly accountId: string;
  /** Of the key of the configuration. */
  readonly accessKeyId?: string | undefined;
  /** @throws {Failure} */
  pair(signal: AbortSignal): Promise<KeyPair>;
}

const ASSUMED = z.object({
  Credentials: z.object({
    AccessKeyId: z.string(),
    AccessKeySecret: z.string(),
    SecurityToken: z.string(),
    Expiration: z.iso.datetime(),
  }),
});
const ERROR = z.object({ Code: z.string() });

export function accountsOf({ accounts }: AlibabaConfig, tools: Tools): readonly Account[] {
  return accounts.map(({ accountId, accessKeyId, accessKeySecret }) => {
    if (!accessKeyId || !accessKeySecret) return { accountId, pair: ofCluster(tools) };
    const pair = { id: accessKeyId, secret: accessKeySecret };
    return { accountId, accessKeyId, pair: async () => pair };
  });
}

function ofCluster({ upstream, workload, clock }: Tools): Account['pair'] {
  const sts = upstream(`https://${STS.host}`);
  const issued = createAccessTokens<KeyPair>(clock, async (signal) => {
    const [RoleArn, OIDCProviderArn, tokenFile] = VARIABLES.map((name) => workload?.variable(name));
    if (!workload || !RoleArn || !OIDCProviderArn || !tokenFile) {
      throw new Failure('misconfigured', { target: VARIABLES.join(', ') });
    }
    const answer = await sts.request({
      method: 'POST',
      path: '/',
      query: { RoleArn, OIDCProviderArn, RoleSessionName: 'quash' },
      form: { OIDCToken: await workload.file(tokenFile) },
      headers: {
        accept: 'application/json',
        'x-acs-action': 'AssumeRoleWithOIDC',
        'x-acs-date': `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
        'x-acs-signature-nonce': randomUUID(),
        'x-acs-version': STS.version,
      },
      statuses: [200, 400, 403, 404],
      readOnly: true,
      signal,
    });
    if (answer.status !== 200) {
      answer.json(ERROR);
      throw new Failure('credential-refused', { target: sts.base, status: answer.status });
    }
    const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = answer.json(ASSUMED).Credentials;
    const secrets = { secret: new Secret(AccessKeySecret), securityToken: new Secret(SecurityToken) };
    const expiresInSeconds = secondsUntil(Expiration, answer, clock);
    return { token: { id: AccessKeyId, ...secrets }, expiresInSeconds };
  });
  return issued.get;
}

const VARIABLES = [
  'ALIBABA_CLOUD_ROLE_ARN',
  'ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  'ALIBABA_CLOUD_OIDC_TOKEN_FILE',
] as const;

const USER = /^acs:ram::\d+:user\/([\w.-]{1,64})$/;

/**
 * Disables a key of a user, whose ARN a signature of that key has shown.
 * @returns whether it did; false where no account is configured, or the key is of no user
 */
export async function disabledByOperator(
  key: { readonly id: string; readonly account: string; readonly arn: string },
  accounts: readonly Account[],
  call: Call,
  signal: AbortSignal,
): Promise<boolean> {
  const account = accounts.find(({ accountId }) => accountId === key.account);
  const UserName = USER.exec(key.arn)?.[1];
  if (!account || UserName === undefined) return false;
  const query = { Status: 'Inactive', UserAccessKeyId: key.id, UserName };
  try {
    const reply = await call(RAM, 'UpdateAccessKey', await account.pair(signal), query, signal);
    ours(reply).answer.json(z.strictObject({ RequestId: z.string() }));
    return true;
  } catch (error) {
    // Other keys need this credential not at all, or that of another account.
    throw error instanceof Failure ? error.ofEntry() : error;
  }
}

const REFUSED = /^(?:InvalidAccessKeyId|InvalidSecurityToken|SignatureDoesNotMatch)(?:\.|$)/;

/** @throws {Failure} */
function ours(reply: Reply): Reply {
  const { upstream, answer, error } = reply;
  if (error === undefined) return reply;
  const { status } = answer;
  if (REFUSED.test(error)) throw new Failure('credential-refused', { target: upstream.base, status });
  if (isForbidden(error)) throw new Failure('permission-missing', { target: upstream.base, status });
  throw unexpected(upstream, answer);
}

export function isForbidden(error: string): boolean {
  return error.startsWith('NoPermission') || error.startsWith('Forbidden');
}

/** Asks who we are, which changes nothing. */
export function checkAccount(account: Account, call: Call, signal: AbortSignal): Promise<CredentialCheck> {
  const judge = async () => {
    const reply = await call(STS, 'GetCallerIdentity', await account.pair(signal), {}, signal);
    const { AccountId } = ours(reply).answer.json(z.object({ AccountId: z.string() }));
    if (AccountId === account.accountId) return { ok: true };
    return { ok: false, advice: 'The credential belongs to another account: correct accountId.' };
  };
  return judgedCheck(`Alibaba Cloud account ${account.accountId}`, judge, {
    refused: 'Alibaba Cloud refused the access key, or the token of this Pod: it is unknown or disabled.',
    misconfigured: `There is no access key, and no role of a cluster: ${VARIABLES.join(', ')} are not all there.`,
  });
}
