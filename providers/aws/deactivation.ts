/**
 * Access keys are deactivated, never deleted: by the operator's credential of their account where there is one, else by
 * the key itself.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { asOurFault } from '../../src/provider/kit/in-turn.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import { type Caller, ours, type Partition, type Reply, resultOf } from './api.ts';
import { actingCaller, ownerOf, withId } from './operator.ts';
import { type AccessKeys, KNOWN_AFTER_MS, type Paired } from './sight.ts';

const LAST_USED = z.object({ UserName: z.string() });
const KEYS = z.object({
  AccessKeyMetadata: z.array(z.object({ AccessKeyId: z.string(), Status: z.string() })),
});

const ROOT = refused(
  'not-permitted',
  'This is an access key of the root user: sign in as the root user of the account and delete it under security credentials.',
);
const NO_RIGHT = refused(
  'not-permitted',
  'The key works, but its user may not deactivate it: configure a credential for its account and retry, or deactivate it by hand in IAM.',
);

/** By then, all of AWS knows a key that was made a moment ago, or one that was deactivated. */
const LOOK_AGAIN: RevokeResult = { outcome: 'continue', afterMs: KNOWN_AFTER_MS };

/** By the operator's credential of its account where there is one; else the key deactivates itself. */
export async function deactivatePaired(
  id: string,
  { caller, account, arn }: Paired,
  step: Step,
  keys: AccessKeys,
): Promise<RevokeResult> {
  if (arn.endsWith(':root')) return ROOT;
  const result = await deactivateAsOperator(id, caller.partition, account, step, keys).catch(
    (error: unknown) => forgettingCredentials(error, keys),
  );
  if (result && !(result instanceof Failure) && result.outcome !== 'refused') return result;
  const reply = await update(caller, { AccessKeyId: id }, step, keys);
  if (reply.error === 'AccessDenied') {
    if (result instanceof Failure) throw result;
    return NO_RIGHT;
  }
  // The key signed a moment ago: somebody else has deactivated it since, or it is so new that STS knows it and IAM does not yet.
  // The note has that it signed, so the next look proves which.
  if (reply.error === 'InvalidClientTokenId') return LOOK_AGAIN;
  accepted(reply);
  // Else nothing would tell of it, and the next key may lack the right.
  if (result instanceof Failure) keys.log.warn('own-credential-failed', { account, code: result.code });
  return revoked({ account });
}

/** What is wrong with our credential, which is read anew then. @throws what is not */
function forgettingCredentials(error: unknown, { accounts }: AccessKeys): Failure {
  const failure = asOurFault(error);
  // The role that a workload has may be another one by the next key.
  for (const { credentials } of accounts) credentials.forget();
  return failure;
}

/**
 * @param accountId where it is proven already
 * @returns undefined when no credential is configured for its partition
 */
export async function deactivateAsOperator(
  id: string,
  partition: Partition,
  accountId: string | undefined,
  step: Step,
  keys: AccessKeys,
): Promise<RevokeResult | undefined> {
  const { call } = keys;
  const accounts = keys.accounts.filter((account) => account.partition === partition);
  if (accounts.length === 0) return undefined;
  const owner = accountId
    ? await withId(accountId, accounts, call, step.signal)
    : await ownerOf(id, accounts, call, step.signal);
  if (!owner?.account) return foreign(owner?.id);
  const caller = await actingCaller(owner.account, call, step.signal);
  const user = await userOf(id, caller, step, keys);
  if (user === undefined) return ROOT;
  accepted(ours(await update(caller, { AccessKeyId: id, UserName: user }, step, keys)));
  const evidence = { account: owner.id, user };
  if (!keys.quarantine) return revoked(evidence);
  return revoked({ ...evidence, quarantined: await quarantine(user, caller, step, keys) });
}

function foreign(account: string | undefined): RevokeResult {
  return refused(
    'needs-context',
    'The key works, but no credential is configured for its account: configure one and retry, or deactivate it by hand in IAM.',
    account === undefined ? undefined : { account },
  );
}

/** The user that has the key in its list; undefined when no user has, as with the root user's keys. */
async function userOf(
  id: string,
  caller: Caller,
  { signal }: Step,
  { call }: AccessKeys,
): Promise<string | undefined> {
  const lastUsed = { Action: 'GetAccessKeyLastUsed', AccessKeyId: id };
  const found = ours(await call(caller, 'iam', lastUsed, signal), ['NoSuchEntity']);
  if (found.error !== undefined) return undefined;
  const { UserName } = resultOf(found, lastUsed.Action, LAST_USED);
  const list = { Action: 'ListAccessKeys', UserName };
  const listed = ours(await call(caller, 'iam', list, signal), ['NoSuchEntity', 'ValidationError']);
  if (listed.error !== undefined) return undefined;
  const { AccessKeyMetadata } = resultOf(listed, list.Action, KEYS);
  return AccessKeyMetadata.some((key) => key.AccessKeyId === id) ? UserName : undefined;
}

function update(
  caller: Caller,
  key: { readonly AccessKeyId: string; readonly UserName?: string },
  { signal }: Step,
  { call }: AccessKeys,
): Promise<Reply> {
  return call(caller, 'iam', { Action: 'UpdateAccessKey', ...key, Status: 'Inactive' }, signal);
}

function accepted({ upstream, answer, error }: Reply): void {
  if (error !== undefined) throw unexpected(upstream, answer);
  answer.json(z.object({ UpdateAccessKeyResponse: z.object({}) }));
}

/** The key is inactive already, so a policy that cannot be attached does not fail the step. */
async function quarantine(user: string, caller: Caller, step: Step, keys: AccessKeys): Promise<boolean> {
  const PolicyArn = `arn:${caller.partition}:iam::aws:policy/AWSCompromisedKeyQuarantineV3`;
  const form = { Action: 'AttachUserPolicy', UserName: user, PolicyArn };
  try {
    ours(await keys.call(caller, 'iam', form, step.signal));
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    keys.log.warn('quarantine-failed', { code: error.code });
    return false;
  }
}
