/** Long-term access keys: an id that begins with AKIA, and its secret. Either half may be the leaked token. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import type { Liveness, ProviderLog, RevokeResult, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/secret.ts';
import { type Call, type Caller, ours, type Partition, type Reply, resultOf } from './api.ts';
import { type Account, actingCaller, identityOf, ownerOf, withId } from './operator.ts';

export const KEY_ID = /(?<![A-Za-z0-9])AKIA[A-Z0-9]{16}(?![A-Za-z0-9])/;
export const SECRET = /(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/;

export interface AccessKeys {
  readonly call: Call;
  readonly accounts: readonly Account[];
  /** Where a leaked key may be from. */
  readonly partitions: readonly Partition[];
  readonly quarantine: boolean;
  readonly log: ProviderLog;
}

/** What AWS says of a key id. */
type Sight =
  /** No partition has an active key of this id. */
  | { readonly state: 'inactive' }
  /** Active; none of the secrets at hand is its own. */
  | { readonly state: 'active'; readonly partition: Partition }
  /** Active, and the secret is its own. */
  | { readonly state: 'paired'; readonly caller: Caller; readonly account: string; readonly arn: string };

/** More than a file full of keys has is noise, such as commit ids. */
const MAX_CANDIDATES = 8;
/** Fits no key: AWS looks at the id first, and what it then says of the signature shows whether the id is active. */
const NO_SECRET = new Secret('x'.repeat(40));
/** In the note: which id was proven to belong to the leaked secret, as a hash. */
const NOTE = z.object({ pairedWith: z.string() });
const LAST_USED = z.object({ UserName: z.string() });
const KEYS = z.object({
  AccessKeyMetadata: z.array(z.object({ AccessKeyId: z.string(), Status: z.string() })),
});

const OWN = refused(
  'own-credential',
  'The access key of Quash itself has leaked: create a new one, configure it, and deactivate the leaked one at once.',
);
const ROOT = refused(
  'not-permitted',
  'This is an access key of the root user: sign in as the root user of the account and delete it under security credentials.',
);
const NO_RIGHT = refused(
  'not-permitted',
  'The key works, but its user may not deactivate it: configure a credential for its account and retry, or deactivate it by hand in IAM.',
);
const NO_SECRET_KNOWN = refused(
  'needs-context',
  'The key works, but its secret and its account are not at hand: configure a credential for its account and retry, or deactivate it by hand in IAM.',
);
const NO_ID_KNOWN = refused(
  'needs-context',
  'No active access key that this secret belongs to stands near it: find the key and deactivate it in IAM, or dismiss this when the key is dead.',
);

export async function revokeKeyId(token: Secret, step: Step, keys: AccessKeys): Promise<RevokeResult> {
  const id = token.reveal();
  if (keys.accounts.some((account) => account.accessKeyId === id)) return OWN;
  const sight = await look(id, step.parts('secret-access-key'), step, keys);
  switch (sight.state) {
    case 'inactive':
      return alreadyInactive();
    case 'paired':
      return deactivatePaired(id, sight, step, keys);
    case 'active': {
      const result = await deactivateAsOperator(id, sight.partition, undefined, step, keys);
      if (result && result.outcome !== 'refused') return result;
      const nearby = await fromContext(step, SECRET);
      const again = nearby.length > 0 ? await look(id, nearby, step, keys) : sight;
      return again.state === 'paired' ? deactivatePaired(id, again, step, keys) : (result ?? NO_SECRET_KNOWN);
    }
  }
}

export async function revokeSecret(token: Secret, step: Step, keys: AccessKeys): Promise<RevokeResult> {
  const isOwn = ({ secretAccessKey }: Account) => secretAccessKey.reveal() === token.reveal();
  if (keys.accounts.some(isOwn)) return OWN;
  const pairedWith = NOTE.safeParse(step.note).data?.pairedWith;
  for (const candidate of await keyIds(step)) {
    const id = candidate.reveal();
    const sight = await look(id, [token], step, keys);
    if (sight.state === 'inactive' && fingerprint(id) === pairedWith) return alreadyInactive();
    if (sight.state !== 'paired') continue;
    // Once the key is inactive, nothing can prove any more that the two belong together.
    step.remember({ pairedWith: fingerprint(id) } satisfies z.output<typeof NOTE>);
    return deactivatePaired(id, sight, step, keys);
  }
  return NO_ID_KNOWN;
}

/** IAM needs some seconds, in which a deactivated key still works. */
export async function verifyKeyId(token: Secret, step: Step, keys: AccessKeys): Promise<Liveness> {
  const { state } = await look(token.reveal(), [], step, keys);
  return state === 'inactive' ? 'dead' : 'alive';
}

export async function verifySecret(step: Step, keys: AccessKeys): Promise<Liveness> {
  const pairedWith = NOTE.safeParse(step.note).data?.pairedWith;
  const id = (await keyIds(step)).find((candidate) => fingerprint(candidate.reveal()) === pairedWith);
  return id ? verifyKeyId(id, step, keys) : 'unknown';
}

/** Asks each partition who signs with this id: without the right secret, the error tells whether the id is active. */
async function look(id: string, secrets: readonly Secret[], step: Step, keys: AccessKeys): Promise<Sight> {
  for (const partition of keys.partitions) {
    const candidates = secrets.length > 0 ? secrets.slice(0, MAX_CANDIDATES) : [NO_SECRET];
    for (const [index, secretAccessKey] of candidates.entries()) {
      const caller = { partition, credentials: { accessKeyId: id, secretAccessKey } };
      const reply = await keys.call(caller, 'sts', { Action: 'GetCallerIdentity' }, step.signal);
      if (reply.error === undefined) return { state: 'paired', caller, ...identityOf(reply) };
      if (reply.error === 'InvalidClientTokenId' && reply.answer.status === 403) break;
      if (reply.error !== 'SignatureDoesNotMatch') throw unexpected(reply.upstream, reply.answer);
      if (index === candidates.length - 1) return { state: 'active', partition };
    }
  }
  return { state: 'inactive' };
}

/** By the operator's credential of its account where there is one; else the key deactivates itself. */
async function deactivatePaired(
  id: string,
  { caller, account, arn }: Extract<Sight, { state: 'paired' }>,
  step: Step,
  keys: AccessKeys,
): Promise<RevokeResult> {
  if (arn.endsWith(':root')) return ROOT;
  const result = await deactivateAsOperator(id, caller.partition, account, step, keys);
  if (result && result.outcome !== 'refused') return result;
  const reply = await update(caller, { AccessKeyId: id }, step, keys);
  if (reply.error === 'AccessDenied') return NO_RIGHT;
  accepted(reply);
  return revoked({ account });
}

/**
 * @param accountId where it is proven already
 * @returns undefined when no credential is configured for its partition
 */
async function deactivateAsOperator(
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
    'unknown-token',
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

/** The key is inactive by now; that must not be undone by a policy that cannot be attached. */
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

async function keyIds(step: Step): Promise<readonly Secret[]> {
  const parts = step.parts('access-key-id');
  return (parts.length > 0 ? parts : await fromContext(step, KEY_ID)).slice(0, MAX_CANDIDATES);
}

async function fromContext(step: Step, pattern: RegExp): Promise<readonly Secret[]> {
  const text = (await step.context())?.reveal() ?? '';
  const found = new Set([...text.matchAll(new RegExp(pattern, 'g'))].map(([match]) => match));
  return [...found].map((match) => new Secret(match));
}

function fingerprint(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
