/** What the operator's credential of one account does there. */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Call, type Caller, ours, type Partition, resultOf } from './api.ts';

/** An account as it is configured. */
export interface Account {
  readonly accountId?: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
  readonly partition: Partition;
  readonly assumeRoleArn?: string | undefined;
}

const IDENTITY = z.object({ Account: z.string(), Arn: z.string() });
const KEY_INFO = z.object({ Account: z.string() });
const SESSION = z.object({
  Credentials: z.object({ AccessKeyId: z.string(), SecretAccessKey: z.string(), SessionToken: z.string() }),
});

/** The account and the ARN of whoever signed; no right is needed for it. */
export function identityOf(reply: Parameters<typeof resultOf>[0]): { account: string; arn: string } {
  const { Account, Arn } = resultOf(reply, 'GetCallerIdentity', IDENTITY);
  return { account: Account, arn: Arn };
}

/** The credential itself, before any role is assumed. */
function baseCaller({ partition, accessKeyId, secretAccessKey, sessionToken }: Account): Caller {
  return { partition, credentials: { accessKeyId, secretAccessKey, sessionToken } };
}

/** Which account the credential acts in. */
async function accountIdOf(account: Account, call: Call, signal: AbortSignal): Promise<string> {
  const known = account.accountId ?? account.assumeRoleArn?.split(':')[4];
  if (known) return known;
  const reply = await call(baseCaller(account), 'sts', { Action: 'GetCallerIdentity' }, signal);
  return identityOf(ours(reply)).account;
}

/** @returns the caller to sign with: the credential, or the role where one is to be assumed */
export async function actingCaller(account: Account, call: Call, signal: AbortSignal): Promise<Caller> {
  const base = baseCaller(account);
  if (!account.assumeRoleArn) return base;
  const form = { Action: 'AssumeRole', RoleArn: account.assumeRoleArn, RoleSessionName: 'quash' };
  const reply = ours(await call(base, 'sts', form, signal));
  const { Credentials } = resultOf(reply, 'AssumeRole', SESSION);
  const credentials = {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: new Secret(Credentials.SecretAccessKey),
    sessionToken: new Secret(Credentials.SessionToken),
  };
  return { partition: account.partition, credentials };
}

/**
 * Which of the accounts an access key belongs to; any account of a partition can ask about all its keys.
 * @param accounts all of one partition
 * @returns the id alone when that account is not configured; undefined when AWS names none
 */
export async function ownerOf(
  keyId: string,
  accounts: readonly Account[],
  call: Call,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly account?: Account } | undefined> {
  const first = accounts[0];
  if (!first) return undefined;
  const form = { Action: 'GetAccessKeyInfo', AccessKeyId: keyId };
  const reply = ours(await call(baseCaller(first), 'sts', form, signal), ['NoSuchEntity', 'ValidationError']);
  if (reply.error !== undefined) return undefined;
  const { Account: id } = resultOf(reply, 'GetAccessKeyInfo', KEY_INFO);
  return withId(id, accounts, call, signal);
}

export async function withId(
  id: string,
  accounts: readonly Account[],
  call: Call,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly account?: Account }> {
  for (const account of accounts) {
    if ((await accountIdOf(account, call, signal)) === id) return { id, account };
  }
  return { id };
}

/** Asks who we are, assumes the role, and asks about our own key, which changes nothing. Never throws. */
export function checkAccount(account: Account, call: Call, signal: AbortSignal): Promise<CredentialCheck> {
  const name = `AWS account ${account.accountId ?? account.assumeRoleArn ?? account.accessKeyId}`;
  const judge = async () => {
    const base = baseCaller(account);
    const identity = identityOf(ours(await call(base, 'sts', { Action: 'GetCallerIdentity' }, signal)));
    await actingCaller(account, call, signal);
    const form = { Action: 'GetAccessKeyInfo', AccessKeyId: account.accessKeyId };
    ours(await call(base, 'sts', form, signal));
    const isElsewhere = !account.assumeRoleArn && account.accountId && account.accountId !== identity.account;
    if (!isElsewhere) return { ok: true };
    const advice = 'The credential belongs to another account: correct accountId, or set assumeRoleArn.';
    return { ok: false, advice };
  };
  return judgedCheck(name, judge, ADVICE);
}

const ADVICE = {
  refused: 'AWS refused the access key: it is unknown, inactive or expired.',
  forbidden:
    'The credential needs sts:GetAccessKeyInfo and, for a role, sts:AssumeRole; the role or user needs iam:GetAccessKeyLastUsed, iam:ListAccessKeys and iam:UpdateAccessKey.',
};
