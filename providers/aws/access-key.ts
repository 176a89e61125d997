/** Long-term access keys: an id that begins with AKIA, and its secret. Either half may be the leaked token. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { inContext, otherHalves } from '../../src/provider/kit/halves.ts';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { alreadyInactive, refused } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { deactivateAsOperator, deactivatePaired } from './deactivation.ts';
import { type AccessKeys, look } from './sight.ts';

export const KEY_ID = /(?<![A-Za-z0-9])AKIA[A-Z0-9]{16}(?![A-Za-z0-9])/;
export const SECRET = /(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/;

/** In the note: which id was proven to belong to the leaked secret, as a hash. */
const NOTE = z.object({ pairedWith: z.string() });

const OWN = ownCredential('access key', 'deactivate');

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
      const nearby = await inContext(step, SECRET);
      const again = nearby.length > 0 ? await look(id, nearby, step, keys) : sight;
      return again.state === 'paired' ? deactivatePaired(id, again, step, keys) : (result ?? NO_SECRET_KNOWN);
    }
  }
}

export async function revokeSecret(token: Secret, step: Step, keys: AccessKeys): Promise<RevokeResult> {
  if (keys.accounts.some(({ secretAccessKey }) => isSame(secretAccessKey, token))) return OWN;
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

function keyIds(step: Step): Promise<readonly Secret[]> {
  return otherHalves(step, { id: 'access-key-id', pattern: KEY_ID });
}

function fingerprint(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
