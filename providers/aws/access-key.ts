/**
 * The ids of long-term access keys (AKIA…). An id is no secret: it stands in presigned URLs and logs. It is acted on when
 * the secret that leaked with it signs; alone it waits for a person.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { afterTheSecret, MAX_HALVES, waitsForTheSecret } from '../../src/provider/kit/halves.ts';
import { onceMore, unlessNew } from '../../src/provider/kit/new-keys.ts';
import { goneSinceSeen, heldUnproven, refused, unknownAt } from '../../src/provider/kit/results.ts';
import { isSame, ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, LookResult, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Partition } from './api.ts';
import { deactivateAsOperator, deactivatePaired } from './deactivation.ts';
import { longTermKeys, ownerOf } from './operator.ts';
import { type AccessKeys, ALONE_AFTER_MS, homeOf, KNOWN_AFTER_MS, look, type Sight } from './sight.ts';

export const KEY_ID = /(?<![A-Za-z0-9])AKIA[A-Z0-9]{16}(?![A-Za-z0-9])/;
export const SECRET = /(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/;

/** In the note: the secrets that were tried alone, as hashes, while not all at hand were. */
const NOTE = z.looseObject({ triedAlone: z.array(z.string()).optional() }).catch({});

export const OWN = ownCredential('access key', 'deactivate');

const UNKNOWN =
  'No partition that Quash asked has an active key with this id: ask where it was used, and look for it in IAM there.';
const ID_ALONE =
  'The key works, but an id is public and its secret was not found near it: deactivate it if its secret leaked, too.';
const NO_SECRET_KNOWN =
  'The key works, but its secret and its account are not at hand: configure a credential for its account and retry, or deactivate it by hand in IAM.';

export async function revokeKeyId(token: Secret, step: Step, keys: AccessKeys): Promise<RevokeResult> {
  const id = token.reveal();
  if (await isOwn(id, keys)) return OWN;
  const note = NOTE.parse(step.note);
  const { sight, triedAlone } = await lookWithSecrets(id, note.triedAlone, step, keys);
  if (sight.state === 'unknown') return gone(step, keys);
  step.sawAlive(sight.partition);
  if (sight.state === 'active') {
    if (triedAlone) {
      step.remember({ ...note, triedAlone });
      return { outcome: 'continue', afterMs: ALONE_AFTER_MS };
    }
    const result = await withoutSecret(id, sight.partition, step, keys);
    // All were: whoever tries the id again, maybe days later, may have others at hand. What has failed goes on from here.
    if (note.triedAlone) step.remember({ ...note, triedAlone });
    return result;
  }
  const secret = { kind: 'secret-access-key', secret: sight.caller.credentials.secretAccessKey };
  return afterTheSecret(step, secret, () => {
    step.prove('signs-in');
    return deactivatePaired(id, sight, step, keys);
  });
}

/** Says whether the id is active, which no approval is needed for. */
export async function lookAtKeyId(token: Secret, step: Step, keys: AccessKeys): Promise<LookResult> {
  const id = token.reveal();
  if (await isOwn(id, keys)) return OWN;
  const sight = await look(id, [], homeOf(step, keys), step, keys);
  if (sight.state === 'unknown') return gone(step, keys);
  step.sawAlive(sight.partition);
  return { outcome: 'alive', evidence: { partition: sight.partition } };
}

/** IAM needs some seconds, in which a deactivated key still works. */
export async function verifyKeyId(token: Secret, step: Step, keys: AccessKeys): Promise<Liveness> {
  const { state } = await look(token.reveal(), [], homeOf(step, keys), step, keys);
  return state === 'unknown' ? 'dead' : 'alive';
}

async function isOwn(id: string, { accounts }: AccessKeys): Promise<boolean> {
  return (await longTermKeys(accounts)).some(({ accessKeyId }) => accessKeyId === id);
}

interface Tried {
  readonly sight: Sight;
  /** Hashes of the secrets that were; undefined when none at hand is left. */
  readonly triedAlone: readonly string[] | undefined;
}

/**
 * With the secrets of the same report; for an active id also with those in the lines around.
 * @param triedAlone undefined where they are to be tried one after the other at first; else one of the others is, alone
 */
async function lookWithSecrets(
  id: string,
  triedAlone: readonly string[] | undefined,
  step: Step,
  keys: AccessKeys,
): Promise<Tried> {
  const reported = step.parts('secret-access-key').slice(0, MAX_HALVES);
  const nearby = async () => {
    const around = await step.matchesAround(SECRET);
    return around.filter((secret) => !reported.some((each) => isSame(each, secret))).slice(0, MAX_HALVES);
  };
  const without = (secrets: readonly Secret[], hashes: readonly string[]) =>
    secrets.filter((secret) => !hashes.includes(fingerprint(secret.reveal())));
  if (triedAlone) {
    const [one, ...others] = without([...reported, ...(await nearby())], triedAlone);
    const sight = await look(id, one ? [one] : [], homeOf(step, keys), step, keys);
    const tried = one && others.length > 0 ? [...triedAlone, fingerprint(one.reveal())] : undefined;
    return { sight, triedAlone: tried };
  }
  const sight = await look(id, reported, homeOf(step, keys), step, keys);
  if (sight.state !== 'active') return { sight, triedAlone };
  step.sawAlive(sight.partition);
  const around = await nearby();
  const again = around.length > 0 ? await look(id, around, [sight.partition], step, keys) : sight;
  // The first one of the report was tried before any other.
  const first = reported.slice(0, 1).map((secret) => fingerprint(secret.reveal()));
  const isLeft = without([...reported, ...around], first).length > 0;
  return { sight: again, triedAlone: isLeft ? first : undefined };
}

/** Of one half of a key, by which a later step knows it again. */
export function fingerprint(half: string): string {
  return createHash('sha256').update(half).digest('hex');
}

function gone(step: Step, { partitions }: AccessKeys) {
  // What one server of AWS let in, and the next one does not know, may be new: where it is, the entry of its secret tells.
  if (waitsForTheSecret(step)) return goneSinceSeen();
  if (step.seenAlive.length > 0) return onceMore(goneSinceSeen(), step, KNOWN_AFTER_MS);
  return unlessNew(unknownAt(partitions, UNKNOWN), step, KNOWN_AFTER_MS);
}

async function withoutSecret(
  id: string,
  partition: Partition,
  step: Step,
  keys: AccessKeys,
): Promise<RevokeResult> {
  if (step.mayActUnproven) {
    const result = await deactivateAsOperator(id, partition, undefined, step, keys);
    return result ?? refused('needs-context', NO_SECRET_KNOWN);
  }
  const accounts = keys.accounts.filter((account) => account.partition === partition);
  const owner = await ownerOf(id, accounts, keys.call, step.signal);
  const evidence = owner && { account: owner.id };
  // Nobody's approval helps where there is no credential to act with, but another place of the leak may.
  if (!owner?.account) return refused('needs-context', NO_SECRET_KNOWN, evidence);
  return heldUnproven(true, evidence, ID_ALONE);
}
