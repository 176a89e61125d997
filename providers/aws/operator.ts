/** What the operator's credential of one account does there. */
import { z } from 'zod';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { firstOf } from '../../src/provider/kit/in-turn.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import { type Call, type Caller, ours, type Partition, resultOf } from './api.ts';
import type { Credentials } from './credentials.ts';
import { issuedOf, SESSION } from './issued.ts';

/** An account as it is configured. */
export interface Account {
  readonly accountId?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly partition: Partition;
  readonly assumeRoleArn?: string | undefined;
  readonly externalId?: string | undefined;
  readonly credentials: Credentials;
}

const IDENTITY = z.object({ Account: z.string(), Arn: z.string() });
const KEY_INFO = z.object({ Account: z.string() });

/** The account and the ARN of whoever signed; no right is needed for it. */
export function identityOf(reply: Parameters<typeof resultOf>[0]): { account: string; arn: string } {
  const { Account, Arn } = resultOf(reply, 'GetCallerIdentity', IDENTITY);
  return { account: Account, arn: Arn };
}

/** Our own access keys: they may leak like any other. */
export async function longTermKeys(accounts: readonly Account[]) {
  const keys = await Promise.all(accounts.map(({ credentials }) => credentials.longTerm()));
  return keys.filter((key) => key !== undefined);
}

/** The credential itself, before any role is assumed. */
async function baseCaller({ partition, credentials }: Account, signal: AbortSignal): Promise<Caller> {
  return { partition, credentials: await credentials.get(signal) };
}

/** Which account the credential acts in. */
async function accountIdOf(account: Account, call: Call, signal: AbortSignal): Promise<string> {
  const known = account.accountId ?? account.assumeRoleArn?.split(':')[4];
  if (known) return known;
  const base = await baseCaller(account, signal);
  const reply = await call(base, 'sts', { Action: 'GetCallerIdentity' }, signal);
  return identityOf(ours(reply)).account;
}

/** @returns the caller to sign with: the credential, or the role where one is to be assumed */
export async function actingCaller(account: Account, call: Call, signal: AbortSignal): Promise<Caller> {
  const base = await baseCaller(account, signal);
  const { assumeRoleArn: RoleArn, externalId } = account;
  if (!RoleArn) return base;
  const role = { Action: 'AssumeRole', RoleArn, RoleSessionName: 'quash' };
  const form = { ...role, ...(externalId !== undefined && { ExternalId: externalId }) };
  const reply = ours(await call(base, 'sts', form, signal));
  const { token: credentials } = issuedOf(resultOf(reply, 'AssumeRole', SESSION).Credentials, 0);
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
  const form = { Action: 'GetAccessKeyInfo', AccessKeyId: keyId };
  const info = await firstOf(accounts, async (account) => {
    const caller = await baseCaller(account, signal);
    const reply = ours(await call(caller, 'sts', form, signal), ['NoSuchEntity', 'ValidationError']);
    return { id: reply.error === undefined ? resultOf(reply, form.Action, KEY_INFO).Account : undefined };
  });
  return info?.id === undefined ? undefined : withId(info.id, accounts, call, signal);
}

/** A credential that is refused keeps nobody from finding another account. */
export async function withId(
  id: string,
  accounts: readonly Account[],
  call: Call,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly account?: Account }> {
  const account = await firstOf(accounts, async (each) =>
    (await accountIdOf(each, call, signal)) === id ? each : undefined,
  );
  return account ? { id, account } : { id };
}

/** Asks who we are, assumes the role, and asks about our own key, which changes nothing. Never throws. */
export function checkAccount(account: Account, call: Call, signal: AbortSignal): Promise<CredentialCheck> {
  const { accountId, assumeRoleArn, accessKeyId = 'of this workload' } = account;
  const name = `AWS account ${accountId ?? assumeRoleArn ?? accessKeyId}`;
  const judge = async () => {
    const base = await baseCaller(account, signal);
    const identity = identityOf(ours(await call(base, 'sts', { Action: 'GetCallerIdentity' }, signal)));
    await actingCaller(account, call, signal);
    const form = { Action: 'GetAccessKeyInfo', AccessKeyId: base.credentials.accessKeyId };
    ours(await call(base, 'sts', form, signal));
    const isElsewhere = !assumeRoleArn && accountId && accountId !== identity.account;
    if (!isElsewhere) return { ok: true };
    const advice = 'The credential belongs to another account: correct accountId, or set assumeRoleArn.';
    return { ok: false, advice };
  };
  return judgedCheck(name, judge, account.accessKeyId ? ADVICE : { ...ADVICE, hint: WORKLOAD });
}

const WORKLOAD =
  'Without an access key, Quash acts as the role that AWS gives to it: by AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, a profile, EKS Pod Identity, ECS or EC2.';

const ADVICE = {
  refused: 'AWS refused the access key, or the token of this workload: it is unknown, inactive or expired.',
  forbidden:
    'The credential needs sts:GetAccessKeyInfo and, for a role, sts:AssumeRole; the role or user needs iam:GetAccessKeyLastUsed, iam:ListAccessKeys and iam:UpdateAccessKey.',
};
