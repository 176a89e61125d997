/** The secrets of long-term access keys, each acted on with the id that it signs for. */
import { z } from 'zod';
import { firstOfHalves, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { onceMore } from '../../src/provider/kit/new-keys.ts';
import { goneSinceSeen, refused } from '../../src/provider/kit/results.ts';
import { isSame } from '../../src/provider/own-credential.ts';
import type { Liveness, LookResult, RevokeResult, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { fingerprint, KEY_ID, OWN, verifyKeyId } from './access-key.ts';
import { deactivatePaired } from './deactivation.ts';
import { longTermKeys } from './operator.ts';
import { type AccessKeys, ALONE_AFTER_MS, homeOf, KNOWN_AFTER_MS, look } from './sight.ts';

/** In the note: which id was proven to belong to the leaked secret, as a hash. */
const NOTE = z.object({ pairedWith: z.string() });

/** In the note: the ids at hand refused it already, maybe because others were tried with them, or as they were too new. */
const REFUSED = z.looseObject({ wasRefused: z.boolean().default(false) }).catch({ wasRefused: false });

const NO_ID_KNOWN = refused(
  'needs-context',
  'No active access key that this secret belongs to stands near it: find out which key it is of, and deactivate that in IAM.',
);

export async function revokeSecret(token: Secret, step: Step, keys: AccessKeys): Promise<RevokeResult> {
  if (await isOwn(token, keys)) return OWN;
  const pairedWith = pairedWithOf(step);
  let afterMs = 0;
  const result = await firstOfHalves(keyIds(step), async (id): Promise<RevokeResult | undefined> => {
    const isProven = fingerprint(id) === pairedWith;
    const sight = await look(id, [token], isProven ? homeOf(step, keys) : keys.partitions, step, keys);
    if (sight.state === 'unknown' && isProven) return onceMore(goneSinceSeen(), step, KNOWN_AFTER_MS);
    if (sight.state !== 'paired') {
      afterMs = Math.max(afterMs, sight.state === 'active' ? ALONE_AFTER_MS : KNOWN_AFTER_MS);
      return undefined;
    }
    // Once the key is inactive, nothing can prove any more that the two belong together.
    step.remember({ pairedWith: fingerprint(id) } satisfies z.output<typeof NOTE>);
    step.sawAlive(sight.partition);
    step.prove('signs-in');
    return deactivatePaired(id, sight, step, keys);
  });
  if (result) return result;
  const note = REFUSED.parse(step.note);
  const isToBeTriedAgain = afterMs > 0 && !note.wasRefused;
  // Whoever tries the secret again, maybe days later, is refused for the first time.
  if (afterMs > 0 || note.wasRefused) step.remember({ ...note, wasRefused: isToBeTriedAgain });
  return isToBeTriedAgain ? { outcome: 'continue', afterMs } : NO_ID_KNOWN;
}

export async function lookAtSecret(token: Secret, step: Step, keys: AccessKeys): Promise<LookResult> {
  if (await isOwn(token, keys)) return OWN;
  const result = await firstOfHalves(keyIds(step), async (id): Promise<LookResult | undefined> => {
    const sight = await look(id, [token], keys.partitions, step, keys);
    if (sight.state !== 'paired') return undefined;
    // Whoever has to decide may deactivate it by hand: then nothing could prove any more that the two belong together.
    step.remember({ pairedWith: fingerprint(id) } satisfies z.output<typeof NOTE>);
    step.sawAlive(sight.partition);
    return { outcome: 'alive', evidence: { account: sight.account } };
  });
  return result ?? { outcome: 'undecided' };
}

export async function verifySecret(step: Step, keys: AccessKeys): Promise<Liveness> {
  const pairedWith = pairedWithOf(step);
  for await (const id of keyIds(step)) {
    if (fingerprint(id) === pairedWith) return verifyKeyId(new Secret(id), step, keys);
  }
  return 'unknown';
}

async function isOwn(token: Secret, { accounts }: AccessKeys): Promise<boolean> {
  return (await longTermKeys(accounts)).some(({ secretAccessKey }) => isSame(secretAccessKey, token));
}

function pairedWithOf({ note }: Step): string | undefined {
  return NOTE.safeParse(note).data?.pairedWith;
}

/** Those of the same report; when none of them is the one, those in the lines around. */
async function* keyIds(step: Step): AsyncGenerator<string> {
  const reported = step.parts('access-key-id').map((id) => id.reveal());
  yield* reported.slice(0, MAX_HALVES);
  const around = (await step.matchesAround(KEY_ID)).map((id) => id.reveal());
  yield* around.filter((id) => !reported.includes(id)).slice(0, MAX_HALVES);
}
