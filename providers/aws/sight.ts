/** What AWS says of a key id. */

import { MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderLog, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Call, type Caller, PARTITIONS, type Partition } from './api.ts';
import { type Account, identityOf } from './operator.ts';

export interface AccessKeys {
  readonly call: Call;
  readonly accounts: readonly Account[];
  /** Where a leaked key may be from. */
  readonly partitions: readonly Partition[];
  readonly quarantine: boolean;
  readonly log: ProviderLog;
}

export interface Paired {
  readonly state: 'paired';
  readonly partition: Partition;
  readonly caller: Caller;
  readonly account: string;
  readonly arn: string;
}

/** Long enough after another secret was tried with the same id. */
export const ALONE_AFTER_MS = 6_000;
/** A new key is not known for up to fifteen seconds: see `index.ts`. */
export const KNOWN_AFTER_MS = 30_000;

export type Sight =
  /** No partition that was asked has an active key of this id. */
  | { readonly state: 'unknown' }
  /** Active; none of the secrets at hand is its own. */
  | { readonly state: 'active'; readonly partition: Partition }
  /** Active, and the secret is its own. */
  | Paired;

/** Fits no key: AWS looks at the id first, and what it then says of the signature shows whether the id is active. */
const NO_SECRET = new Secret('x'.repeat(40));

/**
 * Asks each partition who signs with this id: without the right secret, the error tells whether the id is active. One that
 * is not reached keeps neither the others nor the lane from going on.
 */
export async function look(
  id: string,
  secrets: readonly Secret[],
  partitions: readonly Partition[],
  { signal }: Step,
  { call }: AccessKeys,
): Promise<Sight> {
  const candidates = secrets.length > 0 ? secrets.slice(0, MAX_HALVES) : [NO_SECRET];
  /** Undefined where the id is not active. */
  const lookAt = async (partition: Partition): Promise<Sight | undefined> => {
    for (const secretAccessKey of candidates) {
      const caller = { partition, credentials: { accessKeyId: id, secretAccessKey } };
      const reply = await call(caller, 'sts', { Action: 'GetCallerIdentity' }, signal);
      if (reply.error === undefined) return { state: 'paired', partition, caller, ...identityOf(reply) };
      if (reply.error === 'InvalidClientTokenId' && reply.answer.status === 403) return undefined;
      if (reply.error !== 'SignatureDoesNotMatch') throw unexpected(reply.upstream, reply.answer);
    }
    return { state: 'active', partition };
  };
  return (await firstSparingTheLane(partitions, lookAt)) ?? { state: 'unknown' };
}

/** Where the key of this entry was seen to be active; all that are configured when it was not seen yet. */
export function homeOf({ seenAlive }: Step, { partitions }: AccessKeys): readonly Partition[] {
  const seen = PARTITIONS.filter((partition) => seenAlive.includes(partition));
  return seen.length > 0 ? seen : partitions;
}
